"""Reference packs: made, checked, added, searched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clinic_desktop import cli
from clinic_desktop.config import DataDir, resource
from clinic_desktop.domain.codes import System
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import BadFileError, PermissionDeniedError
from clinic_desktop.services.packs.finding import find_code, search_codes
from clinic_desktop.services.packs.library import Library, add_pack, pack_list
from clinic_desktop.services.packs.pack import Concept, Pack, PackInfo, write_pack
from tests.support.records import PASSWORD

INFO = PackInfo("test", "Test codes", System.ICD10, "2026", "en", "here", "free", "2026-01-01")
TERMS = (
    Concept("I10", "Essential (primary) hypertension", is_common=True, synonyms="HTN"),
    Concept("E11.9", "Type 2 diabetes mellitus without complications"),
    Concept("E11", "Type 2 diabetes mellitus", is_selectable=False),
    Concept("J06.9", "Острая инфекция дыхательных путей", synonyms="ОРВИ"),
    Concept("K80.2", "Ёжик в желчном пузыре"),
    Concept("B59", "Pneumocystosis", is_selectable=False, is_active=False),
)
MKB_HEAD = "ID;REC_CODE;MKB_CODE;MKB_NAME;ID_PARENT;ADDL_CODE;ACTUAL;DATE\n"


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[Pack]:
    write_pack(tmp_path / "test.clinicpack", INFO, TERMS)
    opened = Pack(tmp_path / "test.clinicpack")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *(("i10", "I10"), ("I10", "I10"), ("e11.9", "E11.9"), ("e119", "E11.9")),
        *(("e 11 9", "E11.9"), ("у119", "E11.9"), ("е11.9", "E11.9")),
        *(("hyper", "I10"), ("prim ess", "I10"), ("HYPERTENSION essential", "I10")),
        *(("htn", "I10"), ("орви", "J06.9"), ("jhdb", "J06.9"), ("ежик", "K80.2")),
        *(("Ёжик", "K80.2"), ("рнзукеутышщт", "I10"), ("diabets", "E11.9")),
        *(("hypertensoin", "I10"), ("hipertension", "I10"), ("инфекцыя", "J06.9")),
    ],
)
def test_a_term_is_found_by_code_words_layout_and_with_one_slip(
    pack: Pack, typed: str, code: str
) -> None:
    assert search_codes(typed, [pack])[0].code == code


@pytest.mark.parametrize("typed", ["", "  ", "*", '"', "zzz", "hypertension zebra", "((", "\x00"])
def test_what_is_nowhere_is_not_found_and_nothing_breaks(pack: Pack, typed: str) -> None:
    assert search_codes(typed, [pack]) == []


def test_a_hit_keeps_all_that_a_record_needs(pack: Pack) -> None:
    hit = search_codes("i10", [pack])[0]
    assert (hit.system, hit.code, hit.version, hit.display) == (
        System.ICD10,
        "I10",
        "2026",
        "Essential (primary) hypertension",
    )


def test_withdrawn_codes_and_headings_are_found_but_not_to_be_picked(pack: Pack) -> None:
    withdrawn = find_code(System.ICD10, "B59", [pack])
    assert withdrawn is not None
    assert not withdrawn.is_selectable
    assert not withdrawn.is_active
    assert [hit.code for hit in search_codes("type 2", [pack])] == ["E11.9", "E11"]


def test_favourites_come_first_and_stand_alone_without_text(pack: Pack) -> None:
    favourites = [(str(System.ICD10), "J06.9"), (str(System.ICD10), "E11.9")]
    alone = search_codes("", [pack], favourites=favourites)
    assert [hit.code for hit in alone] == ["J06.9", "E11.9"]
    assert all(hit.is_favourite for hit in alone)
    found = search_codes("e1", [pack], favourites=favourites)
    assert [(hit.code, hit.is_favourite) for hit in found] == [("E11.9", True), ("E11", False)]


def test_a_damaged_or_foreign_file_is_refused_and_nothing_is_added(
    pack: Pack, tmp_path: Path
) -> None:
    data_dir = DataDir(tmp_path / "clinic")
    whole = pack.path.read_bytes()
    foreign = tmp_path / "foreign.clinicpack"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE meta (key, value)")
    connection.close()
    altered = tmp_path / "altered.clinicpack"
    altered.write_bytes(whole.replace(b"Essential (primary)", b"Essential (tertiar)"))
    for name, content in (
        ("text.clinicpack", b"hello"),
        ("empty.clinicpack", b""),
        ("half.clinicpack", whole[: len(whole) // 2]),
        ("foreign.clinicpack", foreign.read_bytes()),
        ("altered.clinicpack", altered.read_bytes()),
        ("table.csv", MKB_HEAD.encode() + b"1;2;3\n"),
        ("table.csv.xz", b"\xfd7zXZ\x00 rubbish"),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(BadFileError) as refused:
            add_pack(SYSTEM, data_dir, file)
        assert refused.value.place.startswith(str(file))
    with pytest.raises(BadFileError):
        add_pack(SYSTEM, data_dir, tmp_path / "missing.clinicpack")
    assert not list(data_dir.packs.iterdir())


@pytest.mark.parametrize("name", ["../out", "/out", "", "a/b", ".hidden"])
def test_a_pack_cannot_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    data_dir = DataDir(tmp_path / "deep" / "clinic")
    file = tmp_path / "mine.clinicpack"
    write_pack(file, replace(INFO, id=name), TERMS)
    with pytest.raises(BadFileError):
        add_pack(SYSTEM, data_dir, file)
    assert [path.name for path in tmp_path.rglob("*.clinicpack")] == ["mine.clinicpack"]


def test_a_damaged_pack_in_the_folder_does_not_stop_the_others(pack: Pack, tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "clinic")
    add_pack(SYSTEM, data_dir, pack.path)
    (data_dir.packs / "bad.clinicpack").write_bytes(b"nothing")
    library = Library(data_dir)
    assert [hit.code for hit in library.diagnoses("htn")][:1] == ["I10"]
    assert [Path(error.place).name for error in library.damaged] == ["bad.clinicpack"]
    library.close()


def test_only_who_may_adds_packs(pack: Pack, tmp_path: Path) -> None:
    nurse = Actor(None, "n", "n", ("nurse",))
    with pytest.raises(PermissionDeniedError):
        add_pack(nurse, DataDir(tmp_path / "clinic"), pack.path)


def test_the_federal_table_of_mkb_10_becomes_a_pack(shared_data: Path, tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    info = add_pack(SYSTEM, data_dir, shared_data / "ru-reference" / "mkb10.csv.xz")
    assert (info.concepts, info.system, info.language) == (15_038, System.MKB10, "ru")
    library = Library(data_dir)
    for typed, code in (("гипертония", "I10"), ("jhdb", "J06.9"), ("желчнокаменная", "K80.2")):
        found = [hit for hit in library.diagnoses(typed) if hit.system == System.MKB10]
        assert found[0].code == code, typed
    dengue = library.find(System.MKB10, "A90")
    assert dengue is not None
    assert not dengue.is_selectable, "withdrawn in 2020"
    library.close()


def test_icd_10_cm_is_shipped(tmp_path: Path) -> None:
    if not resource("packs", "icd10cm.clinicpack").exists():
        pytest.skip("made by make setup")
    library = Library(DataDir(tmp_path))
    shipped = next(pack for pack in library.packs if pack.info.id == "icd10cm")
    shipped.verify()
    assert shipped.info.concepts > 95_000
    for typed, code in (
        ("hypertension", "I10"),
        ("pneumonia", "J18.9"),
        ("diabetes type 2", "E11.9"),
        ("copd", "J44.9"),
        ("s72.001a", "S72.001A"),
    ):
        found = [hit.code for hit in library.diagnoses(typed)]
        assert code in found[:2], typed
    library.close()


def test_the_command_line_adds_and_lists(
    pack: Pack,
    clinic_dir: DataDir,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    base = ["--data-dir", str(clinic_dir.root)]
    assert cli.run([*base, "pack", "add", str(pack.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["concepts"] == len(TERMS)
    assert cli.run([*base, "pack", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["packs"]
    assert "test" in [each["id"] for each in listed]
    assert pack_list(clinic_dir)[0].id == "test", "the clinic's own come first"
    assert cli.run([*base, "pack", "add", "/nowhere", "--json"]) == 13
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad-file"
