"""The one file format of code systems: read-only SQLite with its source, licence and checksum.

``concept.id`` is the order of preference, so that the first rows that match are the best ones.
The full-text index keeps folded words only (``domain.folding``), without text and positions.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import sqlcipher3
from sqlcipher3 import dbapi2

from clinic_desktop.domain.folding import FTS_TOKENIZE, latin, words_of
from clinic_desktop.errors import BadFileError, StorageError
from clinic_desktop.i18n import _

SUFFIX: Final = ".clinicpack"
FORMAT: Final = "1"
_APPLICATION_ID: Final = 0x434C504B
"""``CLPK`` in the file's header."""
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Becomes the file's name in the data folder, so it must not lead out of it."""
_SCHEMA: Final = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE concept (
 id INTEGER PRIMARY KEY, code TEXT NOT NULL, code_key TEXT NOT NULL, display TEXT NOT NULL,
 parent TEXT NOT NULL, is_selectable INTEGER NOT NULL, is_active INTEGER NOT NULL,
 is_common INTEGER NOT NULL);
CREATE INDEX ix_concept_code ON concept (code_key);
CREATE VIRTUAL TABLE words USING fts5 (body, content='', columnsize=0, detail='none',
 prefix='2 3', tokenize="{FTS_TOKENIZE}");
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, 'row');
"""


@dataclass(frozen=True)
class PackInfo:
    """What a pack says of itself."""

    id: str
    title: str
    system: str
    """The URI that goes into records beside each code."""
    version: str
    language: str
    source: str
    licence: str
    dated_on: str
    """ISO date of the content."""
    concepts: int = 0
    sha256: str = ""
    """Of all concepts, so that a damaged or altered file is found."""


@dataclass(frozen=True)
class Concept:
    """One term of a code system."""

    code: str
    display: str
    parent: str = ""
    is_selectable: bool = True
    is_active: bool = True
    is_common: bool = False
    """Seen every day in general practice: shown before rarer terms that match as well."""
    synonyms: str = ""
    """Further words to find it by; not shown."""


def code_key(code: str) -> str:
    """A code as people may type it: without dot, space and case."""
    return "".join(char for char in latin(code) if char.isalnum())


def write_pack(path: Path, info: PackInfo, concepts: Iterable[Concept]) -> PackInfo:
    """Make a pack file; the order of ``concepts`` is the order of preference.

    Raises:
        StorageError: the file cannot be written.
    """
    path.unlink(missing_ok=True)
    try:
        connection = dbapi2.connect(str(path), isolation_level=None)
        try:
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN")
            count, digest = _fill(connection, concepts)
            done = PackInfo(**asdict(info) | {"concepts": count, "sha256": digest})
            rows = [(key, str(value)) for key, value in asdict(done).items()]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", [*rows, ("format", FORMAT)])
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            connection.execute("COMMIT")
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute("VACUUM")
        finally:
            connection.close()
    except sqlcipher3.Error as error:
        raise StorageError(
            _("The pack cannot be written: {reason}").format(reason=error), place=str(path)
        ) from error
    return done


def _fill(connection: Any, concepts: Iterable[Concept]) -> tuple[int, str]:
    digest, number = hashlib.sha256(), 0
    for number, each in enumerate(concepts, 1):
        row = (each.code, code_key(each.code), each.display, each.parent)
        flags = (int(each.is_selectable), int(each.is_active), int(each.is_common))
        digest.update("\x1f".join((*row, *map(str, flags))).encode() + b"\n")
        connection.execute("INSERT INTO concept VALUES (?,?,?,?,?,?,?,?)", (number, *row, *flags))
        body = " ".join(_tokens(f"{each.display} {each.synonyms}"))
        connection.execute("INSERT INTO words (rowid, body) VALUES (?, ?)", (number, body))
    return number, digest.hexdigest()


def _tokens(text: str) -> dict[str, None]:
    """Words as written and in Latin letters, each once."""
    words = words_of(text)
    return dict.fromkeys([*words, *filter(str.isalnum, map(latin, words))])


class Pack:
    """An open pack; safe to ask from several threads."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            BadFileError: it is no pack, or one of a newer program.
        """
        self.path = path
        self._lock = threading.Lock()
        self._words: list[str] = []
        self._beginnings: dict[int, list[str]] = {}
        try:
            self._connection = dbapi2.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlcipher3.Error as error:
            raise _no_pack(path, str(error)) from error
        try:
            self._connection.execute("PRAGMA trusted_schema = OFF")
            self.info = self._read_info()
        except BaseException:
            self._connection.close()
            raise

    def _read_info(self) -> PackInfo:
        found = dict(self.rows("SELECT key, value FROM meta"))
        if self.rows("PRAGMA application_id") != [(_APPLICATION_ID,)]:
            raise _no_pack(self.path, "")
        if found.pop("format", "") != FORMAT:
            raise BadFileError(
                _("This pack was made by a newer program."),
                hint=_("Update Clinic Desktop, then add the pack again."),
                place=str(self.path),
            )
        missing = {field.name for field in fields(PackInfo)} - found.keys()
        if missing or not str(found["concepts"]).isdecimal() or not _ID.fullmatch(found["id"]):
            raise _no_pack(self.path, ", ".join(sorted(missing)))
        return PackInfo(**found | {"concepts": int(found["concepts"])})

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the file.

        Raises:
            BadFileError: it is damaged.
        """
        with self._lock:
            try:
                return list(self._connection.execute(sql, tuple(values)).fetchall())
            except (sqlcipher3.Error, sqlite3.Error, UnicodeDecodeError) as error:
                raise _no_pack(self.path, str(error)) from error

    def beginnings(self, length: int) -> list[str]:
        """The first letters of every word of the pack that is so long; kept once read."""
        if not self._words:
            self._words = [row[0] for row in self.rows("SELECT term FROM vocabulary")]
        if length not in self._beginnings:
            found = {word[:length] for word in self._words if len(word) >= length}
            self._beginnings[length] = sorted(found)
        return self._beginnings[length]

    def verify(self) -> None:
        """Read everything and compare it with the checksum.

        Raises:
            BadFileError: the file is damaged or was altered.
        """
        digest, count = hashlib.sha256(), 0
        for row in self.rows(
            "SELECT code, code_key, display, parent, is_selectable, is_active, is_common"
            " FROM concept ORDER BY id"
        ):
            digest.update("\x1f".join(map(str, row)).encode() + b"\n")
            count += 1
        if digest.hexdigest() != self.info.sha256 or count != self.info.concepts:
            raise BadFileError(
                _("The pack is damaged: its content does not fit its checksum."),
                kept=_("Nothing was added."),
                hint=_("Get the file again from where it came from."),
                place=str(self.path),
            )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()


def _no_pack(path: Path, reason: str) -> BadFileError:
    return BadFileError(
        _("This is no reference pack, or it is damaged. {reason}").format(reason=reason).strip(),
        kept=_("Nothing was added."),
        place=str(path),
    )
