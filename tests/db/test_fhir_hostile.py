"""Broken and hostile files: an error with file, line and reason, and nothing changed."""

from __future__ import annotations

import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.services.fhir import limits
from clinic_desktop.services.fhir.importing import Progress, import_files
from clinic_desktop.services.fhir.moments import Moment
from tests.support.fhir import Resource, bring, bundle, encounter, observation, patient, write
from tests.support.records import Record

GOOD = bundle(patient())
DEEP = '{"resourceType": "Basic", "x": ' + "[" * 100_000 + "]" * 100_000 + "}"


def broken(resource: Resource, **change: Any) -> str:
    return bundle(patient(), resource | change)


CASES = {
    "truncated": (GOOD[:-20], 1),
    "empty": ("", 0),
    "not JSON": ("hello", 1),
    "a list": ("[]", 1),
    "NaN": (GOOD.replace('"1984-03"', "NaN"), 1),
    "a name twice": (GOOD.replace('"gender"', '"gender": "male", "gender"'), 1),
    "nested deeply": (DEEP, 1),
    "no type": ('{"id": "1"}', 1),
    "an unknown type": ('{"resourceType": "Pateint"}', 1),
    "a type that is a number": ('{"resourceType": 7}', 1),
    "text where a list belongs": (bundle(patient(name="Mary")), 1),
    "a day that never was": (bundle(patient(birthDate="2023-02-31")), 1),
    "a date that is a number": (bundle(patient(birthDate=1984)), 1),
    "a value that is no number": (bundle(patient(), observation(value='"heavy"')), 1),
    "an integer too large": (broken(encounter(), **{"class": 3}), 1),
    "base64 that is none": (
        broken(
            encounter(),
            resourceType="DocumentReference",
            content=[{"attachment": {"contentType": "text/plain", "data": "%%%"}}],
        ),
        1,
    ),
    "entries that are text": ('{"resourceType": "Bundle", "entry": ["x"]}', 1),
    "a reference to nobody": (bundle(encounter(of=77)), 1),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("good_lines", [0, 2])
def test_a_broken_file_changes_nothing_and_says_where_and_why(
    record: Record, tmp_path: Path, case: str, good_lines: int
) -> None:
    text, line = CASES[case]
    good = [bundle(patient(90 + number)) for number in range(good_lines)]
    file = write(tmp_path / "bad.jsonl", *good, text)
    report = bring(record, file)
    if case == "empty" and good_lines:
        assert not report.errors, "a blank line is no error"
        return
    (error,) = report.errors
    assert error.file == str(file)
    assert error.line == (line + good_lines if line else 0)
    assert error.reason
    assert report.imported == {}
    assert record.rows("SELECT count(*) FROM patient") == [(0,)]
    assert record.rows("SELECT count(*) FROM source_resource") == [(0,)]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe{}",
        GOOD.encode().replace(b"Mary", b"M\xffry"),
        lzma.compress(GOOD.encode())[:-30],
        b"\xfd7zXZ\x00" + b"rubbish" * 10,
        b"\x1f\x8bnot gzip at all",
        b"PK\x03\x04 half a zip",
        b"\x00" * 1000,
    ],
)
def test_bytes_that_are_no_text_are_an_error_of_their_file(
    record: Record, tmp_path: Path, content: bytes
) -> None:
    for name in ("a.json", "a.jsonl", "a.zip"):
        file = tmp_path / name
        file.write_bytes(content)
        report = bring(record, file)
        assert [error.file for error in report.errors] == [str(file)], name
    assert record.rows("SELECT count(*) FROM patient") == [(0,)]


def test_a_file_of_a_gigabyte_is_refused_without_reading_it_all(
    record: Record, tmp_path: Path
) -> None:
    for name in ("huge.json", "huge.jsonl"):
        file = tmp_path / name
        with file.open("wb") as out:
            out.truncate(1 << 30)
        (error,) = bring(record, file).errors
        assert "64 MB" in error.reason
        file.unlink()


def test_an_archive_that_unpacks_without_end_is_stopped(record: Record, tmp_path: Path) -> None:
    line = b'{"resourceType": "Basic", "x": "' + b"0" * 1_000_000 + b'"}\n'
    file = tmp_path / "bomb.jsonl.xz"
    file.write_bytes(lzma.compress(line * 80, preset=0))
    (error,) = bring(record, file).errors
    assert error.line == limits.SUSPECT_BYTES // len(line) + 1
    assert "far more" in error.reason


def test_empty_lines_without_end_are_refused(record: Record, tmp_path: Path) -> None:
    file = tmp_path / "empty.ndjson"
    file.write_bytes(b"\n" * (limits.MOST_EMPTY_LINES + 1))
    (error,) = bring(record, file).errors
    assert error.line == limits.MOST_EMPTY_LINES + 1


def test_an_archive_of_countless_files_is_refused_before_they_are_listed(
    record: Record, tmp_path: Path
) -> None:
    file = tmp_path / "many.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(limits.MOST_MEMBERS + 1):
            archive.writestr(f"{number}.json", b"")
    (error,) = bring(record, file).errors
    assert f"{limits.MOST_MEMBERS}" in error.reason
    content = file.read_bytes()
    end = content.rindex(b"PK\5\6") + 12
    file.write_bytes(content[:end] + b"\xff\xff\xff\x7f" + content[end + 4 :])
    assert bring(record, file).errors == (error,)


def test_a_file_that_changes_after_its_check_is_not_written(record: Record, tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", GOOD)

    def change(progress: Progress) -> None:
        if progress.phase == "checking":
            write(file, bundle(patient(2)))

    report = import_files(record.store, SYSTEM, [file], on_progress=change)
    assert "changed" in report.errors[0].reason
    assert record.rows("SELECT count(*) FROM patient") == [(0,)]


def test_the_line_inside_a_document_is_named(record: Record, tmp_path: Path) -> None:
    text = json.dumps(json.loads(bundle(patient(), encounter())), indent=1)
    place = next(n for n, line in enumerate(text.split("\n"), 1) if '"Encounter"' in line)
    file = tmp_path / "a.json"
    file.write_text(text.replace('"status": "finished"', '"status": ["finished"]'))
    (error,) = bring(record, file).errors
    assert place - 2 <= error.line <= place
    assert "status" in error.reason
    file.write_text(text.replace('"status": "finished",', '"status": oops,'))
    (error,) = bring(record, file).errors
    assert "oops" in text.replace('"finished"', "oops").split("\n")[error.line - 1]


def test_sound_files_beside_a_broken_one_are_imported(record: Record, tmp_path: Path) -> None:
    write(tmp_path / "a.json", GOOD)
    write(tmp_path / "b.json", "{")
    report = bring(record, tmp_path / "a.json", tmp_path / "b.json", tmp_path / "missing.json")
    assert report.imported == {"Patient": 1}
    assert {Path(error.file).name for error in report.errors} == {"b.json", "missing.json"}


def test_an_empty_folder_says_that_nothing_was_found(record: Record, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (error,) = bring(record, empty).errors
    assert error.file == str(empty)


@pytest.mark.parametrize(
    "text", ["", "1984-13", "84", "1984-03-01T25:00:00Z", "1984-3-1", "٢٠٢٠", "2020-W01-1", " 2020"]
)
def test_what_is_no_fhir_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Moment(text)


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T02:00:00.5+02:00", 500),
        ("1969-12-31T23:59:59.999Z", -1),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_instants_become_utc_and_placeholders_become_nothing(
    text: str, millis: int | None, record: Record
) -> None:
    zone = record.read(lambda reads: reads.zone)
    assert Moment(text).millis(zone) == millis


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
json_values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
STEM = json.loads(bundle(patient(), encounter(), observation()))


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON value."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [here, *(path for key, item in inner for path in paths(item, (*here, key)))]


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(place=st.sampled_from(paths(STEM)[1:]), value=json_values)
def test_any_change_of_a_bundle_is_imported_whole_or_refused_whole(
    record: Record, tmp_path: Path, place: tuple[Any, ...], value: Any
) -> None:
    changed = json.loads(json.dumps(STEM))
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    file = tmp_path / "fuzz.json"
    file.write_text(json.dumps(changed), "utf-8")
    before = record.rows("SELECT count(*) FROM source_resource")
    report = bring(record, file)
    if report.errors:
        assert (report.imported, report.unchanged) == ({}, 0)
        assert record.rows("SELECT count(*) FROM source_resource") == before
    else:
        again = bring(record, file)
        assert (again.imported, again.updated, again.kept, again.errors) == ({}, {}, {}, ())


def test_what_one_bundle_says_of_another_is_not_lost_in_huge_numbers(
    record: Record, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.json", bundle(patient(), observation(value="1e400")))
    assert bring(record, file).imported["Observation"] == 1
    assert record.rows("SELECT value, value_number FROM observation") == [("1E+400", None)]
    big = observation(8, value="1e999999999")
    assert not bring(record, write(tmp_path / "b.json", bundle(patient(), big))).errors
