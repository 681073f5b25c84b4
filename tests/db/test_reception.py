"""Whoever works at the desk reads no note: not by a service, search, paper, archive or export."""

from __future__ import annotations

import inspect
import typing
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import cli, clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import ClinicError
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import conditions, encounters, letters
from clinic_desktop.services.access import ACTIONS
from clinic_desktop.services.conditions import Coded
from clinic_desktop.services.fhir.exporting import export_folder
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.papers import archive
from clinic_desktop.services.papers.making import KINDS_MADE, PaperRequest, make
from clinic_desktop.services.people import NewPerson
from tests.proofs.permissions.matrix import action, services
from tests.support.pdf_reading import text_of
from tests.support.records import NOON, PASSWORD, Record

CANARY = "Zyxxwort"
"""Stands in every clinical text, and nowhere else."""
DESK_PASSWORD = "green garden gate"


def write_a_visit(record: Record) -> list[uuid.UUID]:
    """A signed visit with letter and kept paper; the ids of all rows that lead to its words."""
    patient = record.clock.new_id()
    row = Patient(id=patient, mrn="77", family="Ivanova", given="Maria")
    record.write(lambda uow: uow.add(row))
    visit = record.write(encounters.start_visit, patient_id=patient).encounter_id
    record.write(conditions.add_diagnosis, visit, Coded(CANARY))
    record.write(conditions.add_problem, conditions.AddProblem(patient, Coded(CANARY)))
    record.write(encounters.sign, visit, text=NoteText(CANARY, CANARY, CANARY, CANARY))
    letter = record.write(letters.write_referral, letters.WriteReferral(patient, "ENT", CANARY))
    made = record.read(make, PaperRequest("visit-summary", visit))
    assert CANARY in text_of(made.pdf)
    return [patient, visit, letter, record.write(archive.keep, made)]


def test_no_query_tells_the_desk_what_a_note_says(record: Record) -> None:
    """Every query, with every id that leads to the words, and with the words themselves."""
    ids, desk = write_a_visit(record), record.as_role("receptionist")
    told = list(every_answer(record, desk, ids))
    assert [name for name, words in told if CANARY in words] == []
    assert len(told) > 20


def test_the_owner_would_have_found_thewords_of_answer(record: Record) -> None:
    """The search of the test above finds what may be read."""
    ids = write_a_visit(record)
    services()
    found = set()
    for name in (
        "notes.notes_of",
        "chart.summary",
        "papers.making.make",
        "papers.archive.kept_pdf",
    ):
        for values in _arguments(name, ids):
            try:
                told = record.read(action(name), *values)
            except ClinicError:
                continue
            found |= {name} if CANARY in words_of_answer(told) else set()
    assert len(found) == 4


def test_the_desk_exports_nothing(record: Record, tmp_path: Path) -> None:
    write_a_visit(record)
    desk = record.as_role("receptionist", "cashier")
    with pytest.raises(ClinicError):
        export_folder(record.store, desk, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


def test_the_command_line_tells_the_desk_nothing(
    clinic_dir: DataDir,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    record = Record(opened.store, FixedClock(NOON), opened.actor, b"", clinic_dir.database)
    patient, visit, letter, _kept = write_a_visit(record)
    opened.add_person(NewPerson("desk", "Desk", ("receptionist",)), DESK_PASSWORD)
    opened.close()
    monkeypatch.setenv("CLINIC_PASSWORD", DESK_PASSWORD)
    out = tmp_path / "out"
    tries = (
        ("patient", "show", patient), ("patient", "find", CANARY),
        ("print", "summary", visit, "--out", out), ("print", "referral", letter, "--out", out),
        ("export", out), ("audit", "export", out),
    )  # fmt: skip
    for words in tries:
        words_ = ["--json", "--data-dir", str(clinic_dir.root), "--user", "desk", *map(str, words)]
        try:
            cli.run(words_)
        except SystemExit:
            pytest.fail(f"no such command: {words}")
        assert CANARY not in capsys.readouterr().out
        assert not out.exists(), words


def every_answer(record: Record, who: Actor, ids: list[uuid.UUID]) -> Iterator[tuple[str, str]]:
    """Every query of the program with every id: its name, and the words of what it answers."""
    services()
    asked = 0
    for name in sorted(each for each, what in ACTIONS.items() if not what.writes):
        for values in _arguments(name, ids):
            asked += 1
            with suppress(ClinicError):
                yield (
                    name,
                    words_of_answer(record.store.read(who, action(name), *values).result(60)),
                )
    assert asked > 150


def _arguments(name: str, ids: list[uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    """What can be asked: each needed argument in all its values; queries of other shapes not."""
    function = inspect.unwrap(action(name))
    hints = typing.get_type_hints(function)
    choices: list[list[Any]] = []
    for each in list(inspect.signature(function).parameters.values())[1:]:
        if each.default is not inspect.Parameter.empty:
            continue
        values = _values(hints[each.name], ids)
        if values is None:
            return
        choices.append(values)
    yield from product(*choices)


def _values(hint: Any, ids: list[uuid.UUID]) -> list[Any] | None:
    if hint is PaperRequest:
        return [PaperRequest(kind, each) for kind, each in product(KINDS_MADE, ids)]
    known: dict[Any, list[Any]] = {
        uuid.UUID: ids,
        str: [CANARY[:5], "", "77"],
        int: [50],
        date: [date(2026, 11, 21)],
    }
    return known.get(hint, [ids] if "UUID" in str(hint) else None)


def words_of_answer(told: Any) -> str:
    """Everything an answer says, a PDF in it included."""
    pdf = told if isinstance(told, bytes) else getattr(getattr(told, "made", told), "pdf", b"")
    return repr(told) + (text_of(pdf) if pdf.startswith(b"%PDF") else "")
