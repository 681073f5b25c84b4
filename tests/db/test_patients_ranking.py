"""Whoever is really called what was typed stands above whoever only sounds like it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clinic_desktop.domain.folding import fold, latin, words_of
from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import patients
from clinic_desktop.services.patients import (
    FoundPatient,
    PatientEntry,
    PatientFilter,
    RegisterPatient,
)
from tests.support.records import Record

FAMILIES = (
    "Okafor", "Okafo", "Kafi", "Kafui", "Ekofo", "Ivanov", "Iwanow", "Ivanova", "Ivan", "Yvonne",
    "Иванов", "Иванова", "Іванов", "Эванс", "Ефимов", "Эфимов", "Алиева", "Али", "Ali", "Aly",
    "Alimova", "Hasan", "Hassan", "Hussein", "Хасанов", "Hasanov", "Khasanov", "حسن", "الحسن",
    "حسين", "هاشم", "علي", "Müller", "Muller", "Mueller", "Miller", "Mahler", "O'Neil", "Oneil",
    "Nolan", "Юсупов", "Yusupov", "Iusupov", "Jusupow", "Иванова-Кафи", "Smith", "Schmidt",
)  # fmt: skip
LATELY = ("Kafi", "Iwanow", "Iusupov", "Miller", "Алиева", "Ivanova", "حسين", "Okafor")


@pytest.fixture
def register(record: Record) -> Callable[..., uuid.UUID]:
    """Registers somebody of a family name; later ones are newer charts."""

    def add(family: str, given_name: str = "") -> uuid.UUID:
        entry = PatientEntry(HumanName(family, given_name))
        return record.write(patients.register, RegisterPatient(entry))

    return add


def called(row: FoundPatient, typed: str) -> int:
    """0: a whole word of the name is what was typed; 1: one begins so; 2: neither."""
    spelled = {
        each
        for word in [*words_of(row.name.family), fold(row.name.family).replace("-", "")]
        for each in (word, latin(word), word.removeprefix("ال"))
    }
    spelled |= {"mueller"} if "ü" in row.name.family else set()
    if fold(typed) in spelled:
        return 0
    return 1 if any(each.startswith(fold(typed)) for each in spelled) else 2


def beginnings() -> st.SearchStrategy[str]:
    """The beginning of a name as it is written, in Latin letters, in any case."""
    spelled = sorted({*FAMILIES, *map(latin, FAMILIES)})
    names = st.sampled_from([word for name in spelled for word in words_of(name)])
    return st.builds(
        lambda name, length, case: case(name[:length]),
        names,
        st.integers(1, 9),
        st.sampled_from((str, str.upper, str.title)),
    )


def test_names_come_first_then_beginnings_then_sounds_whatever_is_typed(
    record: Record, register: Callable[..., uuid.UUID]
) -> None:
    charts = {family: register(family) for family in FAMILIES}
    for family in LATELY:
        record.write(patients.look, charts[family])
    rows = record.read(patients.rows, tuple(charts.values()))
    lately = [charts[family] for family in reversed(LATELY)]
    age = {chart: place for place, chart in enumerate(reversed(charts.values()))}

    @settings(max_examples=120, deadline=None)
    @given(beginnings(), st.sampled_from((3, 7, 60)))
    @example("okaf", 7)
    @example("ivan", 7)
    @example("иван", 7)
    @example("حس", 7)
    def in_order(typed: str, limit: int) -> None:
        everybody = record.read(patients.search, typed, len(FAMILIES))
        kinds = [called(row, typed) for row in everybody]
        assert kinds == sorted(kinds)
        found = {row.id for row in everybody}
        assert found >= {row.id for row in rows if called(row, typed) < 2}
        # Within the same kind the charts opened lately, then the newest ones.
        for kind in (0, 1):
            same = [row.id for row in everybody if called(row, typed) == kind]
            wanted = [each for each in lately if each in same]
            wanted += sorted((each for each in same if each not in lately), key=age.__getitem__)
            assert same == wanted
        first = record.read(patients.search, typed, limit)
        assert [row.id for row in first] == [row.id for row in everybody][:limit]

    in_order()


@pytest.mark.parametrize(
    ("typed", "older", "newer"),
    [
        ("okaf", "Okafor", "Kafi"),
        ("kafi", "Kafi", "Okafor"),
        ("ivan", "Ivanova", "Iwanow"),
        ("ivanov", "Иванова", "Ifanof"),
        ("иванов", "Иванова", "Ivanova"),
        ("ефи", "Ефимов", "Эфимов"),
        ("hasan", "Hasan", "حسن"),
        ("حسن", "الحسن", "Hasan"),
        ("هاش", "هاشم", "حاشم"),
        ("bdfyjd", "Иванов", "Ivanov"),
        ("щлфа", "Okafor", "Shlfanov"),
        ("hgpsk", "الحسن", "Hogbusk"),
    ],
)
def test_newer_sound_alikes_do_not_push_out_whoever_is_meant(
    record: Record, register: Callable[..., uuid.UUID], typed: str, older: str, newer: str
) -> None:
    meant = register(older)
    others = [register(newer, f"A{number}") for number in range(8)]
    record.write(patients.look, others[0])
    found = record.read(patients.search, typed, 7)
    assert found[0].id == meant
    assert not found[0].only_sounds_alike
    assert all(row.only_sounds_alike for row in found[1:])
    listed = record.read(patients.patient_list, PatientFilter(typed, limit=2))
    assert listed.ids[0] == meant


def test_many_newer_sound_alikes_do_not_either(
    record: Record, register: Callable[..., uuid.UUID]
) -> None:
    meant, begun = register("Okafo"), register("Okafor")
    alike = [register("Kafi", f"A{number}") for number in range(70)]
    record.write(patients.look, alike[3])
    found = [row.id for row in record.read(patients.search, "okafo", 5)]
    assert found[:2] == [meant, begun]
    found = [row.id for row in record.read(patients.search, "okaf", 5)]
    assert found[:3] == [begun, meant, alike[3]]
    assert found[3:] == [alike[-1], alike[-2]]


def test_a_letter_does_not_list_everybody_whose_chart_number_begins_with_it(
    record: Record, register: Callable[..., uuid.UUID]
) -> None:
    chart = register("Okafor")
    number = record.read(patients.record_of, chart).mrn
    assert record.read(patients.search, number[0]) == []
    assert [row.id for row in record.read(patients.search, number[:6])] == [chart]
