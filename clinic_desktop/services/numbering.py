"""Numbers of documents: gapless per PC and series, so that offline PCs can never collide."""

from __future__ import annotations

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.ids import paper_number
from clinic_desktop.services.access import part

_MARKS = {
    "invoice": "",
    "credit-note": "C",
    "receipt": "R",
    "prescription": "P",
    "referral": "L",
    "sick-note": "S",
}
"""What tells the series apart on paper."""


@part
def document_number(uow: UnitOfWork, series: str) -> str:
    """Take the next number of a series in this transaction, such as ``A3-2026-000124``.

    It is given back if the transaction fails, so the series has no gaps.
    """
    year = uow.today.year
    series_of_this_pc = "-".join(filter(None, (uow.device_prefix, _MARKS[series])))
    return paper_number(series_of_this_pc, year, uow.next_number(series, year))
