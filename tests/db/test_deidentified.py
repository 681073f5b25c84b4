"""The export for research: no name, day, id or word of anybody; and what it does not promise."""

from __future__ import annotations

import csv
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest

from clinic_desktop.domain.deidentifying import Dates, birth_left, day_left, random_id, shift_of
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import PermissionDeniedError
from clinic_desktop.services import patients
from clinic_desktop.services.patients import Decision, PatientEntry, Phone, RegisterPatient
from clinic_desktop.services.privacy import restriction
from clinic_desktop.services.privacy.deidentified import export_deidentified, warnings
from tests.support.charts import put_chart
from tests.support.records import Record


def _rows(out: Path, table: str) -> list[dict[str, str]]:
    with (out / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("dates", list(Dates))
def test_nothing_in_the_files_names_a_person(record: Record, tmp_path: Path, dates: Dates) -> None:
    person = record.write(put_chart, 4)
    entry = PatientEntry(
        HumanName("Quillfeather", "Zebediah"), phones=(Phone("+254 700 999111"),), note="aubergine"
    )
    record.write(patients.register, RegisterPatient(entry))
    out = tmp_path / "out"
    told = export_deidentified(record.store, record.owner, out, dates)

    everything = "\n".join(path.read_text("utf-8") for path in out.iterdir())
    ids = [uuid.UUID(bytes=row[0]) for row in record.rows("SELECT id FROM encounter")]
    for word in ("Quillfeather", "Zebediah", "999111", "aubergine", "Ivanova", "A-10007",
                 "Feels well", str(person), person.hex, ids[0].hex):  # fmt: skip
        assert word not in everything, word
    assert len(_rows(out, "patient")) == 2
    people = {row["person"] for row in _rows(out, "patient")}
    assert {row["person"] for row in _rows(out, "observation")} < people
    assert told.left_out["medication_request"] > 0
    assert "does not take it away" in (out / "READ-ME.txt").read_text("utf-8")
    days = {row["start_at"] for row in _rows(out, "encounter")}
    true = {str(record.clock.now().date() - timedelta(days=30 * n + 9)) for n in range(4)}
    assert not days & true
    assert all(len(day) == (4 if dates is Dates.YEAR else 10) for day in days)


def test_two_exports_cannot_be_joined(record: Record, tmp_path: Path) -> None:
    record.write(put_chart, 1)
    for name in "ab":
        export_deidentified(record.store, record.owner, tmp_path / name, Dates.SHIFT)
    first, second = (_rows(tmp_path / name, "patient")[0]["person"] for name in "ab")
    assert first != second


def test_who_refused_or_is_only_stored_is_not_told_of(record: Record, tmp_path: Path) -> None:
    told = []
    for name in ("Refused", "Stored", "Agreed", "Back"):
        entry = RegisterPatient(PatientEntry(HumanName(name)))
        told.append(record.write(patients.register, entry))
    refused, stored, agreed, back = told
    record.write(patients.decide, Decision(refused, "research", "refused"))
    record.write(restriction.restrict, stored, "objection", "Asked for in writing")
    record.write(patients.decide, Decision(agreed, "research"))
    record.write(patients.decide, Decision(back, "research", "refused"))
    record.write(patients.decide, Decision(back, "research"))
    export_deidentified(record.store, record.owner, tmp_path / "out", Dates.YEAR)
    assert len(_rows(tmp_path / "out", "patient")) == 2


def test_small_groups_are_named(record: Record, tmp_path: Path) -> None:
    record.write(put_chart, 2)
    told = export_deidentified(record.store, record.owner, tmp_path / "out", Dates.YEAR)
    assert (told.small_groups, told.rare_codes > 0) == (1, True)
    assert "Fewer than 5 people" in " ".join(warnings(told))


def test_reception_exports_nothing(record: Record, tmp_path: Path) -> None:
    desk = record.as_role("receptionist")
    with pytest.raises(PermissionDeniedError):
        export_deidentified(record.store, desk, tmp_path / "out", Dates.YEAR)


def test_days_of_one_person_move_together_and_the_old_are_one_group() -> None:
    secret, person = b"s" * 32, b"p" * 16
    shift = shift_of(secret, person)
    assert 1 <= shift.days <= 364
    first, second = date(2026, 1, 5), date(2026, 3, 1)
    moved = [day_left(day, Dates.SHIFT, shift) for day in (first, second)]
    assert date.fromisoformat(moved[1]) - date.fromisoformat(moved[0]) == second - first
    assert day_left(first, Dates.YEAR, shift) == "2026"
    today = date(2026, 11, 21)
    assert [birth_left(born, today) for born in ("1937-02-01", "1936", "1926", "")] == [
        "1937", "90+", "90+", "",
    ]  # fmt: skip
    assert random_id(secret, b"a") != random_id(b"t" * 32, b"a")
