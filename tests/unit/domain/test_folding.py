"""What reception types finds the person, whatever the spelling, script or keyboard layout."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import sqlcipher3
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.folding import (
    FTS_TOKENIZE,
    consonants,
    fold,
    fts_query,
    latin,
    other_layout,
    patient_index_text,
    search_tokens,
    sound_key,
)

TODAY = date(2026, 11, 21)
PEOPLE = {
    "maria": (["Иванова Мария Петровна"], ["A-004471-3"], ["+7 921 123-45-67"], "1955-03-14"),
    "khasanov": (["Хасанов Юсуп"], ["A-000912-1"], ["89031112233"], "1990"),
    "yusupov": (["Юсупов Фёдор"], [], [], "1971-02"),
    "otieno": (["Otieno Brian"], ["112-233-445 95"], ["+254 712 345 678"], "1986-01-30"),
    "ahmed": (["الحسن أحمد محمّد"], ["B-000001-9"], ["+971501234567"], "2021-06-01"),
    "muller": (["Müller-Weiß Jörg", "O'Neil"], [], [], "1980-12-31"),
    "mohammed": (["Mohammed Ali"], [], [], "1999-01-01"),
    "priya": (["प्रिया शर्मा"], [], [], ""),
    "alexander": (["Александр Соловьёв"], [], [], ""),
}


@pytest.fixture(scope="module")
def index() -> Iterator[sqlcipher3.Connection]:
    base = sqlcipher3.connect(":memory:")
    base.execute(
        f'CREATE VIRTUAL TABLE people USING fts5(who UNINDEXED, text, tokenize="{FTS_TOKENIZE}")'
    )
    for who, (names, identifiers, phones, birth) in PEOPLE.items():
        text = patient_index_text(names, identifiers, phones, birth)
        base.execute("INSERT INTO people VALUES (?, ?)", [who, text])
    yield base
    base.close()


def found(index: sqlcipher3.Connection, typed: str) -> set[str]:
    query = fts_query(typed, today=TODAY)
    rows = index.execute("SELECT who FROM people WHERE people MATCH ?", [query]) if query else []
    return {row[0] for row in rows}


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("иванова", "maria"),
        ("ИВАНОВА мария", "maria"),
        ("мар ив", "maria"),
        ("ivanova", "maria"),
        ("maria petr", "maria"),
        ("bdfyjdf", "maria"),
        ("[fcfyjd", "khasanov"),
        ("iva 71", "maria"),
        ("4567", "maria"),
        ("1234567", "maria"),
        ("8 (921) 123-45-67", "maria"),
        ("+79211234567", "maria"),
        ("8903111", "khasanov"),
        ("4471", "maria"),
        ("a-004471", "maria"),
        ("a0044713", "maria"),
        ("14.3.1955", "maria"),
        ("14.03.55", "maria"),
        ("1955-03-14", "maria"),
        ("3/14/1955", "maria"),
        ("khasanov", "khasanov"),
        ("hasanov", "khasanov"),
        ("xasanov", "khasanov"),
        ("yusup", "khasanov"),
        ("iusupov", "yusupov"),
        ("yusupov fedor", "yusupov"),
        ("fyodor", "yusupov"),
        ("федор", "yusupov"),
        ("2.1971", "yusupov"),
        ("щешутщ", "otieno"),
        ("отиено", "otieno"),
        ("0712 345 678", "otieno"),
        ("0712345", "otieno"),
        ("11223344595", "otieno"),
        ("احمد", "ahmed"),
        ("الحسن", "ahmed"),
        ("حسن", "ahmed"),
        ("hassan ahmad", "ahmed"),
        ("mohamed", "ahmed"),
        ("٠٥٠١٢٣٤", "ahmed"),
        ("hgpsk", "ahmed"),
        ("muller", "muller"),
        ("mueller", "muller"),
        ("weiss jorg", "muller"),
        ("o'neil", "muller"),
        ("oneil", "muller"),
        ("neil", "muller"),
        ("محمد علي", "mohammed"),
        ("प्रिया", "priya"),
        ("priya", "priya"),
        ("alexander", "alexander"),
        ("solovyov", "alexander"),
    ],
)
def test_what_is_typed_finds_the_person(index: sqlcipher3.Connection, typed: str, who: str) -> None:
    assert who in found(index, typed)


@pytest.mark.parametrize(
    ("typed", "who"),
    [("иванова 40", "maria"), ("петров", "otieno"), ("muller maria", "maria"), ("4568", "otieno")],
)
def test_all_words_must_fit(index: sqlcipher3.Connection, typed: str, who: str) -> None:
    assert who not in found(index, typed)


@pytest.mark.parametrize("typed", ["", "   ", "---", '"', "()", "\u200f"])
def test_nothing_to_look_for_gives_no_query(typed: str) -> None:
    assert fts_query(typed) == ""


@given(st.text(max_size=40))
def test_any_typed_text_is_a_query_sqlite_accepts(typed: str) -> None:
    base = sqlcipher3.connect(":memory:")
    base.execute(f'CREATE VIRTUAL TABLE t USING fts5(x, tokenize="{FTS_TOKENIZE}")')
    if query := fts_query(typed, today=TODAY):
        assert base.execute("SELECT * FROM t WHERE t MATCH ?", [query]).fetchall() == []
    base.close()


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1))
def test_every_word_finds_itself_in_any_case(word: str) -> None:
    base = sqlcipher3.connect(":memory:")
    base.execute(f'CREATE VIRTUAL TABLE t USING fts5(x, tokenize="{FTS_TOKENIZE}")')
    base.execute("INSERT INTO t VALUES (?)", [" ".join(search_tokens(word))])
    for typed in (word, word.casefold()):
        if query := fts_query(typed):
            assert base.execute("SELECT 1 FROM t WHERE t MATCH ?", [query]).fetchall() == [(1,)]
    base.close()


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_fold_keeps_letters_that_only_look_accented() -> None:
    assert fold("Йод Её Søren Straße İĞ آلإمام ١٢") == "йод ее soren strasse ig الامام 12"
    assert fold("हिन्दी") == "हिन्दी"


def test_latin_is_a_plain_transliteration() -> None:
    assert latin("Щукина Объедкова") == "shchukina obedkova"


@pytest.mark.parametrize(
    "spellings",
    [
        ("Юсупов", "Yusupov", "Iusupov", "Jusupow", "Yussupov"),
        ("Хасанов", "Khasanov", "Hasanov"),
        ("Соловьёв", "Solovyov", "Soloviev", "Solovev"),
        ("Дмитрий", "Dmitry", "Dmitri", "Dmitrii", "Dmitriy"),
        ("Мария", "Maria", "Mariya", "Marija"),
        ("Евгений", "Evgeny", "Yevgeniy", "Evgenii"),
        ("Александр", "Alexander", "Aleksandr"),
        ("Джамал", "Jamal", "Djamal"),
    ],
)
def test_usual_spellings_of_one_name_share_a_key(spellings: tuple[str, ...]) -> None:
    assert len({sound_key(name) for name in spellings}) == 1


@pytest.mark.parametrize(
    ("arabic", "spelled"),
    [
        ("محمد", "Mohammed"), ("فاطمة", "Fatimah"), ("خالد", "Khalid"), ("جمال", "Gamal"),
        ("وليد", "Walid"), ("يوسف", "Youssef"), ("حسين", "Hussein"), ("طارق", "Tarek"),
        ("زينب", "Zaynab"), ("عبدالله", "Abdullah"), ("غسان", "Ghassan"), ("ثامر", "Thamer"),
    ],
)  # fmt: skip
def test_consonants_match_across_scripts(arabic: str, spelled: str) -> None:
    assert consonants(arabic) == consonants(spelled)


def test_other_layout_is_the_same_keys() -> None:
    assert other_layout("bdfyjdf")[0] == "иванова"
    assert other_layout("шмфтщмф") == ["ivanova"]
    assert other_layout("lpl]")[1] == "محمد"
    assert other_layout("123") == []


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz[];',."))
def test_russian_layout_and_back_is_the_same_text(text: str) -> None:
    for variant in other_layout(text)[:1]:
        assert other_layout(variant) == [text]
