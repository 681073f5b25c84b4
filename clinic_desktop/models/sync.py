"""What this PC keeps to exchange the log with the other PCs; none of it is itself exchanged."""

from __future__ import annotations

from sqlalchemy import Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, text


class SyncDependency(Base):
    """How far a PC had come with the log of another, as its own commit says.

    With it the causal past of every commit is one look-up per PC.
    """

    __tablename__ = "sync_dep"
    dev: Mapped[int] = mapped_column(Integer, primary_key=True)
    other: Mapped[int] = mapped_column(Integer, primary_key=True)
    dseq: Mapped[int] = mapped_column(Integer, primary_key=True)
    """The commit of ``dev`` that says so."""
    upto: Mapped[int]
    """The newest commit of ``other`` that it had applied."""

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncSegment(Base):
    """A sealed run of one PC's commits, kept byte for byte to be sent again."""

    __tablename__ = "sync_segment"
    dev: Mapped[int] = mapped_column(Integer, primary_key=True)
    seg_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    """1, 2, 3 … of each PC."""
    from_dseq: Mapped[int]
    to_dseq: Mapped[int]
    part: Mapped[int] = mapped_column(default=1, server_default="1")
    parts: Mapped[int] = mapped_column(default=1, server_default="1")
    epoch: Mapped[int]
    """Which data key it is sealed with."""
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """Empty where an erasure took it away: an applied run of another PC."""
    state: Mapped[str]
    """``made``, ``sent``, ``held`` or ``applied``."""

    __table_args__ = (
        Index("ix_sync_segment_state", "state"),
        {"sqlite_with_rowid": False},
    )


class SyncHold(Base):
    """A commit of another PC that was not applied: it waits, or it is kept out.

    Or one that was applied without the words that an erasure took, before that erasure came here.
    """

    __tablename__ = "sync_hold"
    dev: Mapped[int] = mapped_column(Integer, primary_key=True)
    dseq: Mapped[int] = mapped_column(Integer, primary_key=True)
    why: Mapped[str]
    """``waits`` for commits before it; any other word keeps it and what follows it out."""
    detail: Mapped[str] = text()
    """Table and row, never content."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """MessagePack of the whole commit as it came; of an erased one the digests before and after."""
    since: Mapped[int]
    """Milliseconds since 1970 UTC."""

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncUnknown(Base):
    """What a newer program wrote and this one has no place for; applied after an upgrade."""

    __tablename__ = "sync_unknown"
    tbl: Mapped[int] = mapped_column(Integer, primary_key=True)
    pk: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    grp: Mapped[int] = mapped_column(Integer, primary_key=True)
    """The group; -1 for a whole new row, -2 for columns of a new row."""
    cid: Mapped[int] = mapped_column(Integer, primary_key=True)
    op: Mapped[bytes] = mapped_column(LargeBinary)
    """MessagePack of the entry as it came."""

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncConflict(Base):
    """What two PCs wrote without knowing of each other; made from the versions, the same anywhere.

    Closed by an ordinary write that replaces all its versions.
    """

    __tablename__ = "sync_conflict"
    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    kind: Mapped[str]
    severity: Mapped[int]
    patient: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    """Whom the row is about; not part of the chart, which has the row itself."""
    tbl: Mapped[int]
    pk: Mapped[bytes] = mapped_column(LargeBinary(16))
    grp: Mapped[int]
    vers: Mapped[bytes] = mapped_column(LargeBinary)
    """MessagePack of the versions' commits (``sync_commit.cid``)."""
    opened_hlc: Mapped[int]
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    """``open`` or ``closed``."""
    other: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    """The row that this one does not go together with, see ``db.collisions``."""

    __table_args__ = (
        Index("ix_sync_conflict_row", "tbl", "pk", "grp"),
        Index("ix_sync_conflict_patient", "patient"),
        {"sqlite_with_rowid": False},
    )


class SyncKey(Base):
    """A data key that segments are sealed with; the newest that is not retired seals."""

    __tablename__ = "sync_key"
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True)
    dek: Mapped[bytes] = mapped_column(LargeBinary(32))
    created: Mapped[int]
    retired: Mapped[int | None]


class SyncPeer(Base):
    """A server that this PC exchanges segments with."""

    __tablename__ = "sync_peer"
    url: Mapped[str] = mapped_column(primary_key=True)
    counter: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of the last request; it only grows."""
    member_n: Mapped[int] = mapped_column(default=0, server_default="0")
    """Statements about members that the server has."""
    last_try: Mapped[int | None]
    last_ok: Mapped[int | None]
    last_error: Mapped[str] = text()
    state: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Whatever else the exchange has to remember."""


class SyncStatement(Base):
    """What the server is told of who may exchange: keys and PCs, no names."""

    __tablename__ = "sync_statement"
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class SyncRun(Base):
    """One pass of exchanging, for whoever asks why a PC is behind."""

    __tablename__ = "sync_run"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    started: Mapped[int]
    ended: Mapped[int | None]
    peer: Mapped[str]
    sent: Mapped[int] = mapped_column(default=0, server_default="0")
    """Bytes."""
    received: Mapped[int] = mapped_column(default=0, server_default="0")
    outcome: Mapped[str] = text()
    error: Mapped[str] = text()


class SyncFile(Base):
    """How far the bytes of an attachment are on their way; no row where nothing has moved."""

    __tablename__ = "sync_file"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    """``sending``, ``stored``, ``coming``; ``damaged`` at the server, ``unreadable`` from there."""
    done: Mapped[int]
    parts: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncPiece(Base):
    """A piece of a file that is not whole yet."""

    __tablename__ = "sync_piece"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class SyncSnapshot(Base):
    """A snapshot of the record that this PC made and the server does not have yet."""

    __tablename__ = "sync_snapshot"
    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    manifest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncPage(Base):
    """A sealed piece of a snapshot on its way to the server, or from it."""

    __tablename__ = "sync_page"
    name: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
