"""The recovery sheet on every paper and in every language."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_desktop.i18n import PAPER_LANGUAGES
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import A4, Paper
from clinic_desktop.printing.recovery_sheet import (
    PAPERS,
    RecoverySheetDoc,
    render_recovery_sheet,
)
from clinic_desktop.security.recovery_key import RecoveryKey, parse
from tests.support.notebook import Notebook, lies_well
from tests.support.paper_samples import letterhead, paper_language
from tests.support.pdf_reading import read_pdf

KEY = RecoveryKey(bytes(range(60, 80)))


def sheet(code: str, paper: Paper = A4, key: RecoveryKey = KEY) -> bytes:
    doc = RecoverySheetDoc(key.groups, key.text, date(2026, 11, 21))
    return render_recovery_sheet(doc, Stationery(paper, paper_language(code), letterhead(code)))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.key)
@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_the_sheet_is_one_page_and_nothing_overlaps(
    code: str, paper: Paper, notebooks: list[Notebook]
) -> None:
    widest = RecoveryKey(bytes.fromhex("e739ce739ce739ce739ce739ce739ce739ce739c"))  # many W
    assert widest.text.count("W") > 30
    sheet(code, paper, widest)
    assert notebooks[0].pages == 1
    lies_well(notebooks[0], paper)


@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_the_letters_of_a_group_run_from_left_to_right(
    code: str, notebooks: list[Notebook]
) -> None:
    sheet(code)
    letters = [
        box for box in notebooks[0].drawn if len(box.text) == 1 and box.top - box.bottom > 10
    ]
    lines = sorted({box.bottom for box in letters}, reverse=True)
    rows = ["".join(b.text for b in sorted(letters, key=lambda b: b.left) if b.bottom == line)
            for line in lines]  # fmt: skip
    rtl = paper_language(code).rtl
    left, right = (KEY.groups[4:], KEY.groups[:4]) if rtl else (KEY.groups[:4], KEY.groups[4:])
    assert rows == [a + b for a, b in zip(left, right, strict=True)]


def test_the_sheet_says_what_it_is_for() -> None:
    (page,) = read_pdf(sheet("en"))
    for words in ("Recovery sheet", "21-Nov-2026", "passwords", "safe", "A newer sheet ends"):
        assert words in page.text
    assert parse(KEY.text) == KEY
