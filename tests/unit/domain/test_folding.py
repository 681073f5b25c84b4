"""What reception types finds the person, whatever the spelling, script or keyboard layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlcipher3
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.folding import (
    FTS_TOKENIZE,
    Reach,
    any_number_query,
    consonants,
    fold,
    fts_query,
    latin,
    other_layout,
    patient_index_text,
    search_tokens,
    sound_key,
    words_of,
)

TODAY = date(2026, 11, 21)
PEOPLE = {
    "maria": (["Иванова Мария Петровна"], ["A3-004471-3"], ["+7 921 123-45-67"], "1955-03-14"),
    "khasanov": (["Хасанов Юсуп"], ["A3-000912-1"], ["89031112233"], "1990"),
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


def found(index: sqlcipher3.Connection, typed: str, reach: Reach = Reach.CONSONANTS) -> set[str]:
    query = fts_query(typed, today=TODAY, reach=reach)
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
        ("a3-004471", "maria"),
        ("a30044713", "maria"),
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


@pytest.mark.parametrize(
    ("typed", "who", "reach"),
    [
        ("иванова", "maria", Reach.WHOLE),
        ("ivanova mariya", "maria", Reach.WHOLE),
        ("ivanova maria", "maria", Reach.SOUND),
        ("ivanova mar", "maria", Reach.BEGUN),
        ("iva 71", "maria", Reach.BEGUN),
        ("4567", "maria", Reach.WHOLE),
        ("456", "maria", Reach.BEGUN),
        ("45678", "maria", None),
        ("14.3.1955", "maria", Reach.WHOLE),
        ("0712 345 678", "otieno", Reach.WHOLE),
        ("0712 345", "otieno", Reach.BEGUN),
        ("a30044713", "maria", Reach.WHOLE),
        ("A3-00447", "maria", Reach.BEGUN),
        ("a300447", "maria", Reach.BEGUN),
        ("oneil", "muller", Reach.WHOLE),
        ("mueller", "muller", Reach.WHOLE),
        ("muler", "muller", Reach.SOUND),
        ("حسن", "ahmed", Reach.WHOLE),
        ("bdfyjdf", "maria", Reach.LAYOUT),
        ("щешутщ", "otieno", Reach.LAYOUT),
        ("hgpsk", "ahmed", Reach.LAYOUT),
        ("hasan", "ahmed", Reach.CONSONANTS),
        ("iusupov", "yusupov", Reach.SOUND),
        ("xasanov", "khasanov", Reach.SOUND),
        ("отиено", "otieno", Reach.SOUND),
    ],
)
def test_who_is_found_how(
    index: sqlcipher3.Connection, typed: str, who: str, reach: Reach | None
) -> None:
    assert reach == next((each for each in Reach if who in found(index, typed, each)), None)


def test_a_number_with_doubled_digits_is_not_taken_for_its_sound(
    index: sqlcipher3.Connection,
) -> None:
    assert "maria" not in found(index, "a304713")


def test_a_letter_does_not_find_all_charts_whose_number_begins_with_it() -> None:
    tokens = patient_index_text([], ["A3-000124-5"], []).split()
    assert not any(token.startswith("a") for token in tokens)


def test_charts_are_found_by_any_of_their_numbers(index: sqlcipher3.Connection) -> None:
    query = any_number_query(["A3-000912-1", "B-000001-9", "C-1", "-"])
    rows = index.execute("SELECT who FROM people WHERE people MATCH ?", [query])
    assert {row[0] for row in rows} == {"khasanov", "ahmed"}
    assert any_number_query(["-"]) == ""


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


_LETTERS = st.sampled_from("abefhijkmnoöüwxyzавеёийкноэюяبحسهعلا'")
_WORDS = st.text(_LETTERS, min_size=1, max_size=6).filter(words_of)


@given(st.lists(_WORDS, min_size=1, max_size=12, unique=True), st.data())
def test_each_reach_finds_more_and_only_the_last_ones_find_other_names(
    names: list[str], data: st.DataObject
) -> None:
    base = sqlcipher3.connect(":memory:")
    base.execute(f'CREATE VIRTUAL TABLE t USING fts5(who UNINDEXED, x, tokenize="{FTS_TOKENIZE}")')
    tokens = [(name, patient_index_text([name], [], [])) for name in names]
    base.executemany("INSERT INTO t VALUES (?, ?)", tokens)
    word = data.draw(st.sampled_from([word for name in names for word in words_of(name)]))
    typed = word[: data.draw(st.integers(1, len(word)))]
    asked = [fts_query(typed, reach=reach) for reach in Reach]
    rows = [base.execute("SELECT who FROM t WHERE t MATCH ?", [query]) for query in asked]
    whole, begun, layout, sound, consonant = ({row[0] for row in each} for each in rows)
    assert whole <= begun <= layout <= sound <= consonant
    assert begun == {name for name in names if any(map(begins(typed), spellings(name)))}
    assert whole == {name for name in names if typed in spellings(name)}
    base.close()


def begins(typed: str) -> Callable[[str], bool]:
    return lambda word: word.startswith(typed)


def spellings(name: str) -> set[str]:
    """The words of a name as written and in Latin letters; not how they sound."""
    german = re.sub("[öü]", lambda umlaut: fold(umlaut[0]) + "e", name)
    words = {each for text in (name, german) for each in (*words_of(text), fold(text))}
    stems = {word.removeprefix("ال") for word in words if len(word) > 4}
    return words | stems | {latin(word) for word in words}


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
