"""Addresses of hubs that an owner typed for the whole practice, one setting each.

Who asks the network finds the hubs of the own part of it only. An address by itself opens nothing:
a PC hangs up on whoever answers there and is no PC of the practice.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Select, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.models.practice import Setting
from clinic_desktop.services.access import command, query

_KEY: Final = "exchange.hub "
"""Before the address, so that two owners who type two at two PCs change two rows."""
MOST: Final = 8
_LONGEST: Final = 200
"""Letters of an address."""


@query("practice.read")
def told(reads: ReadSession) -> tuple[str, ...]:
    """The addresses, as they were written down; the oldest first."""
    rows = reads.session.execute(
        select(Setting.key, Setting.value)
        .where(Setting.key.startswith(_KEY, autoescape=True), Setting.user_id.is_(None))
        .where(~Setting.is_deleted)
        .order_by(Setting.id)
    )
    found = dict.fromkeys(key.removeprefix(_KEY) for key, value in rows if value is True)
    return tuple(each for each in found if len(each) <= _LONGEST)[:MOST]


@command("practice.write")
def tell(uow: UnitOfWork, url: str) -> None:
    """Let every PC of the practice use the hub at this address."""
    if url in told(uow):
        return
    row = uow.session.scalar(_at(url))
    if row is None:
        uow.add(Setting(key=_KEY + url, value=True, user_id=None))
    else:
        row.value = True


@command("practice.write")
def take_back(uow: UnitOfWork, url: str) -> None:
    """Let no PC use the hub at this address because it was told so."""
    for row in uow.session.scalars(_at(url)):
        row.value = False


def _at(url: str) -> Select[Setting]:
    return select(Setting).where(Setting.key == _KEY + url, Setting.user_id.is_(None))
