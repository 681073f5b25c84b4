"""Who may do what, on every paper and in every language."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_desktop.i18n import PAPER_LANGUAGES
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import Paper
from clinic_desktop.printing.rights_review import (
    PAPERS,
    HeldRole,
    ReviewedPerson,
    RightsReviewDoc,
    render_rights_review,
)
from clinic_desktop.services.audit.role_words import role_words
from tests.support.notebook import Notebook, lies_well
from tests.support.paper_samples import letterhead, paper_language
from tests.support.pdf_reading import text_of


def _doc(code: str, people: int) -> RightsReviewDoc:
    words = role_words(paper_language(code))
    roles = tuple(
        HeldRole(name, date(2026, 3, 4), "Dr Amina Kamau", role == "stock")
        for role, name in words.items()
    )
    line = ReviewedPerson("مريم Kamau-Otieno Wanjiru", "wanjiru.kamau", roles, date(2026, 11, 21))
    return RightsReviewDoc(date(2026, 11, 22), (line,) * people, date(2026, 5, 2), "Amina Kamau")


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.key)
@pytest.mark.parametrize("code", PAPER_LANGUAGES)
def test_the_list_lies_well_on_one_page_and_on_several(
    code: str, paper: Paper, notebooks: list[Notebook]
) -> None:
    on = Stationery(paper, paper_language(code), letterhead(code))
    for people in (1, 20):
        render_rights_review(_doc(code, people), on)
    short, long = notebooks
    assert short.pages == 1
    assert long.pages > 1
    for each in notebooks:
        lies_well(each, paper)


def test_it_says_who_has_what_and_has_a_line_to_sign() -> None:
    on = Stationery(PAPERS[0], paper_language("en"), letterhead("en"))
    doc = _doc("en", 1)
    text = text_of(render_rights_review(doc, on))
    for words in ("Who may do what", "wanjiru.kamau", "IT administrator", "Amina Kamau",
                  "Gone through: date, name, signature"):  # fmt: skip
        assert words in text
