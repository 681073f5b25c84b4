"""The slip at the end of a day, on every paper and in every language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from clinic_desktop.i18n import PAPER_LANGUAGES
from clinic_desktop.printing.day_close import PAPERS, DayCloseDoc, Taken, render_day_close
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import Paper
from tests.support.notebook import Notebook, lies_well
from tests.support.paper_samples import letterhead, paper_language

DOC = DayCloseDoc(
    day=date(2026, 11, 21),
    printed_at=datetime(2026, 11, 21, 15, 30, tzinfo=UTC),
    who="Amina Kamau",
    currency="KES",
    receipts=14,
    taken=(Taken("Cash", 1_250_000), Taken("Mobile money", 330_050)),
    commit=4711,
    chain="9f3c" * 16,
    key="ab12" * 16,
)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.key)
@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_the_slip_is_one_page_and_nothing_overlaps(
    code: str, paper: Paper, notebooks: list[Notebook]
) -> None:
    render_day_close(DOC, Stationery(paper, paper_language(code), letterhead(code)))
    assert notebooks[0].pages == 1
    lies_well(notebooks[0], paper)


def test_the_code_is_what_the_auditor_types() -> None:
    """Head and QR are short enough for a slip, and name commit, chain value and key."""
    assert DOC.head == "4711:9f3c9f3c9f3c9f3c"
    assert len(DOC.qr) < 300
    assert DOC.chain in DOC.qr
