"""The same person is recognised, namesakes and twins are not taken for one."""

from __future__ import annotations

import pytest
import sqlcipher3
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.duplicates import (
    Likeness,
    Person,
    Reason,
    candidate_queries,
    similarity,
)
from clinic_desktop.domain.folding import FTS_TOKENIZE, patient_index_text
from clinic_desktop.domain.names import HumanName


def who(name: str, birth: str = "", sex: str = "", **more: str) -> Person:
    """A person from "Family Given Middle" and a birth such as 1955-03-14 or 1955~."""
    parts = name.split()
    precision = "age" if birth.endswith("~") else {10: "day", 7: "month"}.get(len(birth), "year")
    return Person(
        HumanName(*parts[:3]),
        more.get("latin", ""),
        sex,
        BirthDate.parse(birth.strip("~"), precision) if birth else None,
        frozenset(more.get("phone", "").split()),
        frozenset(more.get("number", "").split()),
    )


SAME, SIMILAR, DIFFERENT = Likeness.LIKELY_SAME, Likeness.SIMILAR, Likeness.DIFFERENT


@pytest.mark.parametrize(
    ("one", "other", "likeness", "reason"),
    [
        # one person
        (who("Иванова Мария", "1955-03-14", "female"), who("Ivanova Maria", "1955-03-14"),
         SAME, Reason.SOUNDS_ALIKE),
        (who("Иванова Мария", "1955-03-14"), who("Иванова Мария", "1955-03-14"),
         SAME, Reason.SAME_NAME),
        (who("Юсупов Дмитрий", "1980-01-02"), who("Iusupov Dmitry", "1980-01-02"),
         SAME, Reason.SOUNDS_ALIKE),
        (who("الحسن محمد", "1990-05-01"), who("Hassan Mohammed", "1990-05-01"),
         SAME, Reason.SAME_BIRTH),
        (who("Ivnova Maria", "1955-03-14", "female"), who("Ivanova Maria", "1955-03-14", "female"),
         SAME, Reason.SIMILAR_NAME),
        (who("Maria Ivanova", "1955-03-14"), who("Ivanova Maria", "1955-03-14"),
         SAME, Reason.SWAPPED_NAMES),
        (who("Otieno Brian", number="11223344595"), who("Otieno Bryan", number="11223344595"),
         SAME, Reason.SAME_IDENTIFIER),
        (who("Otieno Brian", "1986-01-30", phone="712345678"),
         who("Otieno Brian", "1986-01-03", phone="712345678"), SAME, Reason.SAME_PHONE),
        (who("Otieno Brian", "1986-01-30"), who("Otieno Brian", "1986-01-20"),
         SIMILAR, Reason.BIRTH_TYPO),
        (who("Otieno Brian", "1968-01-30"), who("Otieno Brian", "1986-01-30"),
         SIMILAR, Reason.BIRTH_TYPO),
        (who("Otieno Brian", "1986-03-04"), who("Otieno Brian", "1986-04-03"),
         SIMILAR, Reason.BIRTH_TYPO),
        (who("Müller Anna", "1970-07-07"), who("Mueller Anna Maria", "1970-07-07"), SAME, None),
        (who("王 伟", "1990-05-01", latin="Wang Wei"), who("Wang Wei", "1990-05-01"),
         SAME, Reason.SOUNDS_ALIKE),
        # perhaps one person
        (who("Иванова Мария", "1955~"), who("Иванова Мария", "1956-02-01"),
         SIMILAR, Reason.BIRTH_FITS),
        (who("Иванова Мария"), who("Иванова Мария", "1955-03-14"), SIMILAR, Reason.SAME_NAME),
        (who("Иванов Ив"), who("Иванов Иван", "1955-03-14"), SIMILAR, Reason.SIMILAR_NAME),
        (who("Иванова Мария Петровна", "1955-03-14", "female", phone="9211234567"),
         who("Сидорова Мария Петровна", "1955-03-14", "female", phone="9211234567"),
         SIMILAR, Reason.OTHER_NAME),
        (who("Иванова Мария", "1955-03-14"), who("Иванова Марина", "1955-03-14"),
         SIMILAR, Reason.SIMILAR_NAME),
        (who("Мария Иванова"), who("Иванова Мария"), SIMILAR, Reason.SWAPPED_NAMES),
        (who("Мария Иван"), who("Иванова Мария"), SIMILAR, Reason.SWAPPED_NAMES),
        (who("Иванова Мария", "1989-12-31"), who("Иванова Мария", "1990-12-31"),
         SIMILAR, Reason.BIRTH_YEAR),
        (who("Иванова Мария", "1999-03-14"), who("Иванова Мария", "2001-03-14"),
         SIMILAR, Reason.BIRTH_YEAR),
        (who("Иванова Мария", "1955"), who("Иванова Мария", "1956-03-14"),
         SIMILAR, Reason.BIRTH_YEAR),
        (who("Мария Иванова", "1989-03-14", "female"),
         who("Иванова Мария", "1990-03-14", "female"), SIMILAR, Reason.SWAPPED_NAMES),
        # others
        (who("Иванова Мария", "1989-03-14"), who("Иванова Мария", "1992-03-14"),
         DIFFERENT, Reason.OTHER_BIRTH),
        (who("Иванова Мария", "1989-03-14"), who("Иванова Мария", "1990-05-14"),
         DIFFERENT, Reason.OTHER_BIRTH),
        (who("Петров Иван"), who("Иванов Пётр"), DIFFERENT, None),
        (who("Иванов Иван", "1955-03-14", "male"), who("Иванов Иван", "1985-07-20", "male"),
         DIFFERENT, Reason.OTHER_BIRTH),
        (who("Иванова Анна", "2020-03-14", "female", phone="9211234567"),
         who("Иванова Ольга", "2020-03-14", "female", phone="9211234567"),
         DIFFERENT, Reason.TWINS),
        (who("Иванов Олег", "2020-03-14", "male", phone="9211234567"),
         who("Иванова Ольга", "2020-03-14", "female", phone="9211234567"),
         DIFFERENT, Reason.OTHER_SEX),
        (who("Иванова Мария", phone="9211234567"), who("Иванов Пётр", phone="9211234567"),
         DIFFERENT, Reason.SAME_PHONE),
        (who("Smith John", "1970-01-01"), who("Otieno Brian", "1970-01-01"), DIFFERENT, None),
        (who("Ли Ян"), who("Ли Юн"), DIFFERENT, None),
        (who(""), who(""), DIFFERENT, None),
    ],
)  # fmt: skip
def test_pairs_as_a_reception_meets_them(
    one: Person, other: Person, likeness: Likeness, reason: Reason | None
) -> None:
    found = similarity(one, other)
    assert found.likeness is likeness, found
    assert reason is None or reason in found.reasons


NAMES = st.sampled_from(["Иванова", "Ivanova", "Мария", "Марина", "الحسن", "Hassan", "Ли", ""])
PEOPLE = st.builds(
    Person,
    st.builds(HumanName, NAMES, NAMES, NAMES),
    st.sampled_from(["", "Ivanova Maria"]),
    st.sampled_from(["", "male", "female"]),
    st.sampled_from([None, BirthDate.parse("1955-03-14", "day"), BirthDate.parse("1955", "age"),
                     BirthDate.parse("1955-03", "month"), BirthDate.parse("1955-04-13", "day")]),
    st.frozensets(st.sampled_from(["9211234567", "712345678"])),
    st.frozensets(st.sampled_from(["11223344595"])),
)  # fmt: skip


@given(PEOPLE, PEOPLE)
def test_it_does_not_matter_who_is_compared_with_whom(one: Person, other: Person) -> None:
    assert similarity(one, other) == similarity(other, one)


@given(PEOPLE.filter(lambda person: bool(person.name.family and person.name.given)))
def test_everybody_is_at_least_similar_to_themselves(person: Person) -> None:
    assert similarity(person, person).likeness is not Likeness.DIFFERENT


@pytest.mark.parametrize(
    "typed",
    [
        who("Иванова Ма"),
        who("Ivanova Maria"),
        who("Ивановна Мария", "1955-03-14"),
        who("Иванова Марья", "1955-03-14"),
        who("X Y", phone="9211234567"),
        who("X Y", number="11223344595"),
        who("王 伟", latin="Ivanova Maria"),
    ],
)
def test_the_queries_find_whom_to_compare_with(typed: Person) -> None:
    base = sqlcipher3.connect(":memory:")
    base.execute(f'CREATE VIRTUAL TABLE t USING fts5(x, tokenize="{FTS_TOKENIZE}")')
    text = patient_index_text(
        ["Иванова Мария Петровна"], ["112-233-445 95"], ["+7 921 123-45-67"], "1955-03-14"
    )
    base.execute("INSERT INTO t VALUES (?)", [text])
    found = [base.execute("SELECT 1 FROM t WHERE t MATCH ?", [query]).fetchall()
             for query in candidate_queries(typed)]  # fmt: skip
    base.close()
    assert any(found)


def test_nobody_typed_yet_asks_for_nobody() -> None:
    assert candidate_queries(who("")) == ()
