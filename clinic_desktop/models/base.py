"""The declarative base, and what every synced row has."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from clinic_desktop.models.types import Id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all rows."""

    metadata = MetaData(naming_convention=NAMING)
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - so SQLAlchemy declares it
    """Our columns know every default that the file knows; no row is asked back for them."""

    def __init__(self, **values: Any) -> None:
        """Take the values of a new row as they are: it has no history to keep.

        Raises:
            TypeError: a name is not one of the table's columns.
        """
        unknown = values.keys() - _columns(type(self))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        self.__dict__.update(values)

    def __repr__(self) -> str:
        """Never the content: a row may be a person."""
        return f"<{type(self).__name__}>"


@cache
def _columns(model: type[Base]) -> frozenset[str]:
    return frozenset(model.__table__.columns.keys())


class Synced:
    """A row that other PCs of the practice will hold too; captured by the journal."""

    id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    sv: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """The commit (``sync_commit.cid``) that made the row; filled in when it is packed."""
    is_deleted: Mapped[bool] = mapped_column(default=False, server_default="0")
    """Rows are hidden, never removed: what refers to them stays whole."""


def ref(target: str, *, nullable: bool = False, index: bool = True) -> Mapped[uuid.UUID]:
    """A foreign key, checked at commit: any order of writing is right (``db/writing_order.py``)."""
    key = ForeignKey(f"{target}.id", deferrable=True, initially="DEFERRED")
    return mapped_column(Id, key, nullable=nullable, index=index)


def optional_ref(target: str, *, index: bool = True) -> Mapped[uuid.UUID | None]:
    """A foreign key that may be empty."""
    key = ForeignKey(f"{target}.id", deferrable=True, initially="DEFERRED")
    return mapped_column(Id, key, nullable=True, index=index)


def text() -> Mapped[str]:
    """Words; empty rather than absent."""
    return mapped_column(default="", server_default="")
