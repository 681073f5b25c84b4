"""Public sample records: the counts must be those of their manifests, and a second time nothing.

The whole proof takes some minutes: ``make test ARGS="tests/db/test_fhir_manifests.py"`` with
``CLINIC_FULL_PROOF=1`` in the environment. Without it, a few dozen bundles stand for all.
"""

from __future__ import annotations

import lzma
import os
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tests.support.fhir import bring, totals
from tests.support.records import Record

FULL = bool(os.environ.get("CLINIC_FULL_PROOF"))
OLD = {
    "encounters": "Encounter",
    "observations": "Observation",
    "conditions": "Condition",
    "medicationRequests": "MedicationRequest",
    "immunizations": "Immunization",
    "allergies": "AllergyIntolerance",
}
RECENT = {kind: name for kind, name in OLD.items() if kind != "allergies"}
FILES = (
    *(("synthea-fhir-r4", name, OLD) for name in ("patients", "patients-volume", "patients-v3")),
    *(("synthea-fhir-r4-recent", name, RECENT) for name in ("patients-us", "patients-es-ips")),
)


def kinds_of(lines: list[bytes]) -> Counter[str]:
    """Resources by type, each counted once."""
    seen: dict[str, str] = {}
    for line in lines:
        for entry in msgspec.json.decode(line)["entry"]:
            seen[entry["fullUrl"]] = entry["resource"]["resourceType"]
    return Counter(seen.values())


def compare(record: Record, file: Path, found: Counter[str]) -> None:
    """Import twice and compare with what the file holds."""
    report = bring(record, file)
    assert not report.errors
    counted = Counter(report.imported) + Counter(report.kept)
    if "Coverage" not in found:
        counted.pop("Coverage", None)  # read out of the claims
    assert counted == found
    rows = {"Patient": "patient", "Encounter": "encounter", "Condition": "condition"}
    for kind, table in rows.items():
        assert record.rows(f"SELECT count(*) FROM {table}") == [(found[kind],)]  # noqa: S608
    whole = record.rows("SELECT count(*) FROM observation WHERE parent_id IS NULL")
    assert whole == [(found["Observation"],)]
    again = bring(record, file)
    assert (again.imported, again.updated, again.kept) == ({}, {}, {})


@pytest.mark.parametrize(("folder", "name", "columns"), FILES, ids=lambda value: str(value)[:24])
@pytest.mark.slow
def test_a_whole_file_gives_the_counts_of_its_manifest(
    record: Record, shared_data: Path, folder: str, name: str, columns: dict[str, str]
) -> None:
    if not FULL:
        pytest.skip("the whole proof runs with CLINIC_FULL_PROOF=1")
    file = shared_data / folder / f"{name}.jsonl.xz"
    wanted = totals(shared_data / folder / "manifest.csv", file.name, columns)
    with lzma.open(file) as content:
        found = kinds_of(list(content))
    assert {kind: found[kind] for kind in wanted} == wanted
    compare(record, file, found)


@pytest.mark.parametrize(
    ("folder", "name", "first", "count"),
    [
        ("synthea-fhir-r4", "patients", 0, 12),
        ("synthea-fhir-r4", "patients-v3", 0, 6),
        ("synthea-fhir-r4", "organizations-practitioners", 0, 2),
        ("synthea-fhir-r4", "organizations-practitioners-v3", 0, 2),
        ("synthea-fhir-r4-recent", "patients-us", 0, 1),
        ("synthea-fhir-r4-recent", "patients-es-ips", 0, 1),
    ],
)
def test_a_few_bundles_of_each_generation_come_whole(
    record: Record,
    tmp_path: Path,
    shared_data: Path,
    folder: str,
    name: str,
    first: int,
    count: int,
) -> None:
    with lzma.open(shared_data / folder / f"{name}.jsonl.xz") as content:
        lines = list(content)[first : first + count]
    file = tmp_path / f"{name}.jsonl"
    file.write_bytes(b"".join(lines))
    compare(record, file, kinds_of(lines))


def test_indented_bundles_are_the_same_as_those_in_one_line(
    record: Record, shared_data: Path
) -> None:
    folder = shared_data / "synthea-fhir-r4" / "plain"
    lines = [msgspec.json.format(path.read_bytes(), indent=-1) for path in folder.glob("*.json")]
    compare(record, folder, kinds_of(lines))


def test_visits_find_their_doctors_in_the_second_bundle(
    record: Record, shared_data: Path, tmp_path: Path
) -> None:
    """References by UUID (2019) and by search (2022) both lead to a named practitioner."""
    folder = shared_data / "synthea-fhir-r4"
    for name in ("patients", "patients-v3"):
        with lzma.open(folder / f"{name}.jsonl.xz") as content:
            (tmp_path / f"{name}.jsonl").write_bytes(b"".join(list(content)[:2]))
        bring(record, tmp_path / f"{name}.jsonl")
    for name in ("organizations-practitioners", "organizations-practitioners-v3"):
        assert not bring(record, folder / f"{name}.jsonl.xz").errors
    nameless = record.rows(
        "SELECT count(*) FROM encounter e JOIN practitioner p ON p.id = e.practitioner_id"
        " WHERE p.name = ''"
    )
    assert nameless == [(0,)]
    assert record.rows("SELECT count(*) FROM encounter WHERE practitioner_id IS NOT NULL") != [(0,)]
