"""An allergy is found in any spelling, by substance, group or side chain; limits are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.allergy import (
    AllergyCheck,
    Level,
    MatchKind,
    Medicine,
    RecordedAllergy,
    check_allergies,
    drug_key,
)
from clinic_desktop.domain.allergy_groups import DISTANT, GROUPS, SIDE_CHAINS
from clinic_desktop.domain.codes import System


def check(medicine: str, *allergies: str, ingredient: str = "") -> AllergyCheck:
    recorded = [RecordedAllergy(display) for display in allergies]
    return check_allergies(Medicine(medicine, ingredient), recorded)


@pytest.mark.parametrize(
    ("medicine", "allergy", "kind", "level"),
    [
        ("Amoxicillin 500 mg caps", "amoxicillin", "same-substance", "stop"),
        ("Амоксициллин 500 мг", "amoxicillin", "same-substance", "stop"),
        ("Amoxicillini 0,5", "амоксициллин", "same-substance", "stop"),
        ("أموكسيسيلين 500", "Amoxicillin", "same-substance", "stop"),
        ("Аугментин 875/125", "amoxicillin", "same-substance", "stop"),
        ("co-amoxiclav 625", "Penicillin", "same-group", "stop"),
        ("Penicillin V 250", "Allergy to penicillin", "same-group", "stop"),
        ("Ampicillin", "пенициллины", "same-group", "stop"),
        ("Amoxicillin", "بنسلين", "same-group", "stop"),
        ("flucloxacillin", "ampicillin", "same-group", "stop"),
        ("Cefalexin 500", "Amoxicillin", "side-chain", "ask"),
        ("Цефалексин", "ампициллин", "side-chain", "ask"),
        ("Ceftriaxone 1 g", "amoxicillin", "distant-group", "note"),
        ("Ceftriaxone 1 g", "penicillin", "distant-group", "note"),
        ("Ceftriaxone", "cephalosporins", "same-group", "stop"),
        ("Meropenem", "penicillin", "distant-group", "note"),
        ("Aztreonam", "ceftazidime", "side-chain", "ask"),
        ("Бисептол 480", "sulfa", "same-group", "stop"),
        ("Sulfamethoxazole / Trimethoprim", "сульфаниламиды", "same-group", "stop"),
        ("Ibuprofen 400", "аспирин", "same-group", "stop"),
        ("Aspirin 81 MG Oral Tablet", "Ацетилсалициловая кислота", "same-substance", "stop"),
        ("Диклофенак", "НПВС", "same-group", "stop"),
        ("Celecoxib", "ibuprofen", "distant-group", "note"),
        ("Clarithromycin", "эритромицин", "same-group", "stop"),
        ("Левофлоксацин", "ciprofloxacin", "same-group", "stop"),
        ("Hydrocodone", "codeine", "same-group", "stop"),
        ("Enalapril", "lisinopril", "same-group", "stop"),
        ("Lisinopril 10 mg", "lisinopril", "same-group", "stop"),
        ("Novocain 0.5 %", "прокаин", "same-substance", "stop"),
        ("Doxycycline", "tetracyclines", "same-group", "stop"),
        ("Metoprolol succinate", "metoprolol", "same-name", "ask"),
        ("Панадол", "acetaminophen", "same-substance", "stop"),
    ],
)
def test_medicines_that_touch_an_allergy(
    medicine: str, allergy: str, kind: str, level: str
) -> None:
    found = check(medicine, allergy)
    assert [(match.kind, match.level) for match in found.matches] == [(kind, level)]
    assert found.level == level


@pytest.mark.parametrize(
    ("medicine", "allergy"),
    [
        ("Furosemide 40", "sulfonamides"),  # not an antibacterial: no cross-reaction
        ("Celecoxib 200", "sulfa"),
        ("Paracetamol 500", "aspirin"),
        ("Trimethoprim", "amoxicillin"),
        ("Lidocaine", "procaine"),
        ("Azithromycin", "penicillin"),
        ("Amlodipine", "lisinopril"),
        ("Amoxicillin", "shellfish"),
        ("Amoxicillin", "Allergy to house dust"),
        ("Fentanyl", "codeine"),
        ("April", "lisinopril"),
    ],
)
def test_medicines_that_do_not(medicine: str, allergy: str) -> None:
    assert check(medicine, allergy).matches == ()
    assert check(medicine, allergy).level is None


def test_an_intolerance_is_asked_about_not_stopped() -> None:
    sickness = RecordedAllergy("codeine", kind="intolerance")
    found = check_allergies(Medicine("Codeine 30 mg"), [sickness])
    assert found.level is Level.ASK


def test_codes_speak_where_names_do_not() -> None:
    allergy = RecordedAllergy("Substance X", System.RXNORM, "12345")
    same = check_allergies(Medicine("Brand Y", system=System.RXNORM, code="12345"), [allergy])
    assert same.matches[0].kind is MatchKind.SAME_CODE
    by_atc = check_allergies(
        Medicine("Brand Y", system=System.ATC, code="J01CA04"), [RecordedAllergy("penicillin")]
    )
    assert by_atc.matches[0].kind is MatchKind.SAME_GROUP


def test_an_ingredient_the_table_does_not_know_is_still_the_same_substance() -> None:
    found = check("Betaloc ZOK 50", "Metoprolol", ingredient="metoprolol succinate")
    assert (found.matches[0].kind, found.level) == (MatchKind.SAME_SUBSTANCE, Level.STOP)


def test_what_could_not_be_judged_is_told() -> None:
    found = check("Brandname 10", "Shellfish", "penicillin")
    assert [allergy.display for allergy in found.by_name_only] == ["Shellfish"]
    assert not found.medicine_known
    assert check("Amoxicillin", "penicillin").medicine_known


def test_the_surest_match_comes_first() -> None:
    found = check("Amoxicillin", "cefalexin", "penicillin", "amoxicillin")
    assert [match.kind for match in found.matches] == [
        MatchKind.SAME_SUBSTANCE, MatchKind.SAME_GROUP, MatchKind.SIDE_CHAIN,
    ]  # fmt: skip
    assert found.level is Level.STOP


@pytest.mark.parametrize(
    "spellings",
    [
        ("amoxicillin", "Amoxicillinum", "Amoxicillini", "амоксициллин", "амоксициллина"),
        ("ceftriaxone", "Ceftriaxonum", "цефтриаксон"),
        ("azithromycin", "Azithromycinum", "азитромицин"),
        ("sulfamethoxazole", "сульфаметоксазол", "Sulfamethoxazolum"),
        ("diclofenac", "диклофенак", "Diclofenacum"),
        ("ciprofloxacin", "ципрофлоксацин", "Ciprofloxacinum"),
        ("morphine", "морфин", "Morphinum"),
    ],
)
def test_one_name_in_three_languages_has_one_key(spellings: tuple[str, ...]) -> None:
    assert len({drug_key(name) for name in spellings}) == 1


@given(st.sampled_from([name for group in GROUPS for name in group.members]))
def test_every_member_is_found_by_its_groups_own_name(name: str) -> None:
    group = next(group for group in GROUPS if name in group.members)
    assert check(name, group.names[0]).level is Level.STOP


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_can_be_compared(medicine: str, allergy: str) -> None:
    check(medicine, allergy)


def test_the_table_names_only_groups_and_substances_it_has() -> None:
    keys = {group.key for group in GROUPS}
    assert len(keys) == len(GROUPS)
    assert all(pair <= keys for pair in DISTANT)
    assert all(check(name, name).level is Level.STOP for chain in SIDE_CHAINS for name in chain)
