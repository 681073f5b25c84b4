"""The causal past of a commit in this record: what its author had applied when it was written."""

from __future__ import annotations

from typing import Any

from clinic_desktop.db.commits import Names
from clinic_desktop.domain.causality import Dot, has_seen

Reached = dict[int, int]
"""By a PC's number here, up to which of its commits."""


class Pasts:
    """Looks pasts up in ``sync_dep``; a commit that is asked for again is not read again."""

    def __init__(self, cursor: Any, names: Names) -> None:
        self._cursor, self._names = cursor, names
        self._known: dict[tuple[int, int], Reached] = {}

    def of(self, dev: int, dseq: int) -> Reached:
        """Of one commit, itself included."""
        if (dev, dseq) not in self._known:
            rows = self._cursor.execute(
                "SELECT other, max(upto) FROM sync_dep WHERE dev = ? AND dseq <= ? GROUP BY other",
                (dev, dseq),
            ).fetchall()
            self._known[dev, dseq] = {**dict(rows), dev: dseq}
        return self._known[dev, dseq]

    def sees(self, reached: Reached, cid: int) -> bool:
        """Whether a commit lies in a past."""
        return has_seen(reached, self._names.dot(cid))

    def of_cid(self, cid: int) -> Reached:
        """Of a commit by its number here."""
        return self.of(*self._names.dot(cid))

    def of_dot(self, dot: Dot) -> dict[bytes, int]:
        """The same with the names that hold everywhere, for ``domain.merging``."""
        dev = self._names.dev(dot.device)
        reached = {} if dev is None else self.of(dev, dot.number)
        return {self._names.device_id(each): upto for each, upto in reached.items()}


def reached_of(cursor: Any, place: tuple[int, int], other: int) -> int:
    """Up to which commit of one PC an author had come: the last that he said, and that is the most.

    ``Pasts`` reads all that he ever said: this is for what is asked in each exchange.
    """
    dev, dseq = place
    if dev == other:
        return dseq
    row = cursor.execute(
        "SELECT upto FROM sync_dep WHERE dev = ? AND other = ? AND dseq <= ?"
        " ORDER BY dseq DESC LIMIT 1",
        (dev, other, dseq),
    ).fetchone()
    return int(row[0]) if row else 0
