"""Which resources of which sources are in the record already, and as which rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from clinic_desktop.db.lists import BATCH, batches, marks

_MOST_KEPT: Final = 200_000
_SHARED: Final = frozenset({"patient", "practitioner", "organization", "location"})


@dataclass
class Known:
    """A resource met before."""

    table: str
    """Empty where the resource is kept without a row of ours."""
    row_id: bytes | None
    hashes: set[bytes] = field(default_factory=set)
    """Of all its versions seen; empty while it is known from references only."""


class Index:
    """Rows by source key; reads the record as far as it is asked, remembers what is new.

    With ``forgets=False`` (a dry run, whose rows are never kept) it remembers everything.
    """

    def __init__(self, *, forgets: bool) -> None:
        self._forgets = forgets
        self._known: dict[bytes, Known] = {}
        self._absent: set[bytes] = set()
        self._cursor: Any = None

    def begin(self, cursor: Any) -> None:
        """Read through this transaction from now on."""
        self._cursor = cursor
        self._absent.clear()

    def load(self, keys: Iterable[bytes]) -> None:
        """Look many keys up at once."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._known]
        for part in batches(wanted):
            for key, content, table, row_id in self._cursor.execute(
                "SELECT source_key, content_hash, row_table, row_id FROM source_resource"  # noqa: S608
                f" WHERE source_key IN ({marks(part)}) ORDER BY id",
                part,
            ).fetchall():
                known = self._known.setdefault(bytes(key), Known(table, None))
                # The latest version says which row stands for the resource.
                known.table, known.row_id = table, bytes(row_id) if row_id else None
                if any(content):
                    known.hashes.add(bytes(content))
        self._absent.update(key for key in wanted if key not in self._known)

    def get(self, key: bytes) -> Known | None:
        """What is known of a resource."""
        found = self._known.get(key)
        if found is None and key not in self._absent:
            self.load([key])
            found = self._known.get(key)
        return found

    def put(self, key: bytes, table: str, row_id: bytes | None, content: bytes) -> None:
        """Remember a resource just written."""
        known = self._known.setdefault(key, Known(table, row_id))
        known.table, known.row_id = table, row_id
        if any(content):
            known.hashes.add(content)
        self._absent.discard(key)

    def end_part(self) -> None:
        """Forget what only one patient's resources refer to."""
        if self._forgets and len(self._known) > BATCH:
            shared = {k: v for k, v in self._known.items() if v.table in _SHARED}
            self._known = shared if len(shared) < _MOST_KEPT else {}
