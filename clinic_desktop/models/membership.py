"""The signed chain of who belongs to the practice, as rows."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced


class MembershipEntry(Synced, Base):
    """One signed step of who belongs to the practice, with which roles, keys and PCs."""

    __tablename__ = "membership_entry"
    n: Mapped[int] = mapped_column(index=True)
    """Place in the chain, from 1."""
    prev: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Digest of the entry before."""
    kind: Mapped[str]
    wall: Mapped[int]
    """Milliseconds since 1970 UTC, for display only."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """MessagePack, as ``security/membership_entries.py`` defines it for each kind."""
    author: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Ed25519 key of the owner or of the recovery sheet that signed it."""
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
