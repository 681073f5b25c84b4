"""Whether the author of a step of the membership had seen another: the logs of the PCs tell.

A PC signs with each commit what it had applied before. Whoever has only an owner's keys can choose
the place of a step in the chain, but not what the PC had said that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clinic_desktop.db.commits import Names
from clinic_desktop.db.pasts import Pasts, Reached
from clinic_desktop.domain.causality import has_seen
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.security.membership_entries import Entry

_PLACES = (
    "SELECT m.signature, c.dev, c.dseq FROM membership_entry m JOIN sync_commit c ON c.cid = m.sv"
)

_WRITTEN = (
    "SELECT c.dev, c.dseq, m.n, m.prev, m.kind, m.wall, m.body, m.author, m.signature"
    " FROM membership_entry m JOIN"
    " (SELECT id AS pk, sv AS cid FROM membership_entry"
    " UNION SELECT pk, ver FROM sync_cell WHERE tbl = ?) v ON v.pk = m.id"
    " JOIN sync_commit c ON c.cid = v.cid ORDER BY m.n"
)
"""A row that two PCs made has a version of each, and the commit that it names is the first here."""


def written(cursor: Any) -> list[tuple[int, int, Entry]]:
    """Each entry in each commit that holds it, with the PC and the commit.

    Where one was written anew (``db.rewriting``) two may: whoever had seen either had seen it.
    """
    rows = cursor.execute(_WRITTEN, (BY_NAME["membership_entry"].number,)).fetchall()
    return [(row[0], row[1], Entry(*row[2:])) for row in rows]


def places(cursor: Any) -> dict[bytes, tuple[int, int]]:
    """By the signature of each entry that lies in a commit: that commit."""
    rows = cursor.execute(_PLACES).fetchall()
    return {bytes(signature): (dev, dseq) for signature, dev, dseq in rows}


class Seen:
    """For ``membership_forks.settle``; reads nothing before it is asked."""

    def __init__(
        self, cursor: Any, pasts: Pasts | None = None, coming: Mapping[bytes, Reached] | None = None
    ) -> None:
        """``coming`` are entries by signature that are looked at before they are rows."""
        self._cursor, self._coming = cursor, coming or {}
        self._pasts = pasts or Pasts(cursor, Names(cursor))
        self._places: dict[bytes, tuple[int, int]] | None = None

    def __call__(self, entry: Entry, other: Entry) -> bool:
        """Whether the author of the first had seen the second."""
        there = self._place(other)
        if there is None:
            return False  # being written now: nobody has seen it
        reached = self._coming.get(entry.signature)
        if reached is None:
            mine = self._place(entry)
            if mine is None:
                return True  # being written here, where the other is
            reached = self._pasts.of(*mine)
        return has_seen(reached, there)

    def _place(self, entry: Entry) -> tuple[int, int] | None:
        if self._places is None:
            self._places = places(self._cursor)
        return self._places.get(entry.signature)
