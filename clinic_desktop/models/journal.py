"""The commit log: what changed, who changed it, chained so that nothing can be slipped in.

Other PCs, history and audit all read this one log. ``sync_journal`` is filled by triggers and
emptied into ``sync_commit`` in the same transaction.
"""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base
from clinic_desktop.models.types import Id


class SyncDevice(Base):
    """A PC of the practice; number 1 is always this one."""

    __tablename__ = "sync_device"
    dev: Mapped[int] = mapped_column(Integer, primary_key=True)
    device_id: Mapped[uuid.UUID] = mapped_column(Id, unique=True)
    prefix: Mapped[str]
    """Begins this PC's chart and document numbers, so that offline PCs cannot collide."""
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    sign_pk: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Ed25519 key that this PC's checkpoints are signed with."""
    box_pk: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """X25519 key that data keys are sealed to."""
    tip: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of another PC: its newest commit that was applied here."""
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    """The same, as a commit of this PC already says."""
    cutoff: Mapped[int | None]
    """Commits after this one do not count: the PC was revoked."""
    seg_tip: Mapped[int] = mapped_column(default=0, server_default="0")
    """Its newest segment that is held here."""
    seg_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    incarnation: Mapped[int] = mapped_column(default=1, server_default="1")


class DeviceKey(Base):
    """The private half of this PC's signing key; it never leaves the record."""

    __tablename__ = "device_key"
    dev: Mapped[int] = mapped_column(Integer, primary_key=True)
    seed: Mapped[bytes] = mapped_column(LargeBinary(32))
    box: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """The private half of the X25519 key."""


class SyncCommit(Base):
    """One local transaction."""

    __tablename__ = "sync_commit"
    cid: Mapped[int] = mapped_column(Integer, primary_key=True)
    dev: Mapped[int]
    dseq: Mapped[int]
    hlc: Mapped[int]
    """Hybrid logical clock: 48 bits of milliseconds, 16 of counter; order for display only."""
    wall: Mapped[int]
    user_id: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    reason: Mapped[str]
    schema_ver: Mapped[int]
    deps: Mapped[bytes] = mapped_column(LargeBinary)
    """What was applied since this PC's previous commit: see ``db.causes``."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))
    """BLAKE2b-256 over the previous chain value and this commit."""

    __table_args__ = (UniqueConstraint("dev", "dseq"),)


class SyncCheckpoint(Base):
    """A signed statement of how far a PC's log had come, made with the commit it speaks of."""

    __tablename__ = "sync_checkpoint"
    dev: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """1, 2, 3 … of each PC."""
    dseq: Mapped[int]
    """The last commit it covers."""
    hlc: Mapped[int]
    wall: Mapped[int]
    """When it was signed, in milliseconds since 1970 UTC."""
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncCell(Base):
    """The version of a group that was changed since its row was made."""

    __tablename__ = "sync_cell"
    tbl: Mapped[int] = mapped_column(primary_key=True)
    pk: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    grp: Mapped[int] = mapped_column(primary_key=True)
    ver: Mapped[int] = mapped_column(primary_key=True)
    val: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncJournal(Base):
    """Changes of the transaction under way; empty between transactions."""

    __tablename__ = "sync_journal"
    j: Mapped[int] = mapped_column(Integer, primary_key=True)
    tbl: Mapped[int]
    pk: Mapped[bytes] = mapped_column(LargeBinary(16))
    op: Mapped[int]
    """0 insert, 1 update of one group."""
    grp: Mapped[int]


class SyncBase(Base):
    """Versions that the form showed, where they are not simply the current ones."""

    __tablename__ = "sync_base"
    tbl: Mapped[int] = mapped_column(primary_key=True)
    pk: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    grp: Mapped[int] = mapped_column(primary_key=True)
    vers: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = ({"sqlite_with_rowid": False},)


class SyncContext(Base):
    """Switches the triggers off while changes of other PCs are applied."""

    __tablename__ = "sync_ctx"
    one: Mapped[int] = mapped_column(primary_key=True)
    applying: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint("one = 1", name="single"),)
