"""The recovery codes on every paper and in every language."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_desktop.i18n import PAPER_LANGUAGES
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import Paper
from clinic_desktop.printing.recovery_codes import RecoveryCodesDoc, render_recovery_codes
from clinic_desktop.printing.recovery_sheet import PAPERS
from clinic_desktop.security.second_factor import new_codes
from tests.support.notebook import Notebook, lies_well
from tests.support.paper_samples import letterhead, paper_language
from tests.support.pdf_reading import text_of

CODES = new_codes()


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.key)
@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_the_codes_are_on_one_page_and_nothing_overlaps(
    code: str, paper: Paper, notebooks: list[Notebook]
) -> None:
    widest = tuple("WWWW " * 3 + "WWWW" for _number in range(10))
    doc = RecoveryCodesDoc("amina", widest, date(2026, 11, 21))
    render_recovery_codes(doc, Stationery(paper, paper_language(code), letterhead(code)))
    assert notebooks[0].pages == 1
    lies_well(notebooks[0], paper)


@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_all_codes_can_be_read(code: str) -> None:
    doc = RecoveryCodesDoc("amina", CODES, date(2026, 11, 21))
    on = Stationery(PAPERS[0], paper_language(code), letterhead(code))
    text = text_of(render_recovery_codes(doc, on))
    for each in CODES:
        assert each in text
    assert "amina" in text
