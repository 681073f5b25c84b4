"""Numbers of documents: gapless per PC and series, so that offline PCs can never collide."""

from __future__ import annotations

from clinic_desktop.db.session import UnitOfWork

_MARKS = {
    "invoice": "",
    "credit-note": "C",
    "receipt": "R",
    "prescription": "P",
    "referral": "L",
    "sick-note": "S",
}
"""What tells the series apart on paper."""


def document_number(uow: UnitOfWork, series: str) -> str:
    """Take the next number of a series in this transaction, such as ``A3-2026-000124``.

    It is given back if the transaction fails, so the series has no gaps.
    """
    year = uow.today.year
    number = uow.next_number(series, year)
    return "-".join(
        part for part in (uow.device_prefix, _MARKS[series], str(year), f"{number:06d}") if part
    )
