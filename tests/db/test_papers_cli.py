"""Papers from the command line: ids are found there, files are replaced whole."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import cli, clinic
from clinic_desktop.config import DataDir
from clinic_desktop.services.billing import invoices
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.encounters import start_visit
from tests.support.charts import put_chart
from tests.support.pdf_reading import text_of
from tests.support.records import PASSWORD


@pytest.fixture
def patient(clinic_dir: DataDir) -> str:
    """A patient with a visit of today; the id."""
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    made = opened.store.write(opened.actor, put_chart, 1).result()
    opened.store.write(opened.actor, start_visit, patient_id=made).result()
    opened.close()
    return str(made)


@pytest.fixture
def run(
    clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command; gives the exit code and the JSON."""
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)

    def go(*argv: str | Path) -> tuple[int, dict[str, Any]]:
        code = cli.run(["--json", "--data-dir", str(clinic_dir.root), *map(str, argv)])
        return code, json.loads(capsys.readouterr().out)

    return go


@pytest.mark.parametrize("language", ["ar", "he", "hi", "ru"])
def test_a_paper_is_found_and_printed(
    run: Any, patient: str, tmp_path: Path, language: str
) -> None:
    papers = run("patient", "show", patient)[1]["papers"]
    assert {each["kind"] for each in papers} == {"visit-summary"}
    out = tmp_path / "summary.pdf"
    out.write_bytes(b"the one before")
    code, told = run("print", "summary", papers[0]["id"], "--out", out, "--language", language)
    assert (code, told["language"], told["missing"]) == (0, language, "")
    assert out.read_bytes().startswith(b"%PDF-")
    assert sorted(path.name for path in tmp_path.glob("summary*")) == ["summary.pdf"]


def test_a_second_print_of_an_invoice_says_that_it_is_a_copy(
    run: Any, patient: str, clinic_dir: DataDir, tmp_path: Path
) -> None:
    form = InvoiceForm(uuid.UUID(patient), (LineForm("Consultation", 5_000),))
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    invoice = opened.store.write(opened.actor, invoices.issue, form).result().id
    opened.close()
    lost = tmp_path / "missing" / "x.pdf"
    assert run("print", "invoice", invoice, "--out", lost)[0] == 11
    first = run("print", "invoice", invoice, "--out", tmp_path / "first.pdf")[1]
    assert first["copy"] is False, "what never came out is no original"
    second = run("print", "invoice", invoice, "--out", tmp_path / "second.pdf")[1]
    assert second["copy"] is True
    pages = [text_of((tmp_path / f"{name}.pdf").read_bytes()) for name in ("first", "second")]
    assert "COPY" not in pages[0]
    assert "COPY" in pages[1]


def test_a_place_that_cannot_be_written_is_said(run: Any, patient: str, tmp_path: Path) -> None:
    visit = run("patient", "show", patient)[1]["papers"][0]["id"]
    for out in (tmp_path / "missing" / "x.pdf", tmp_path):
        code, told = run("print", "summary", visit, "--out", out)
        assert (code, told["error"]["code"]) == (11, "storage")
        assert "archive" in told["error"]["kept"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("summary", "not-an-id"), 2),
        (("summary", "00000000-0000-0000-0000-000000000001"), 3),
        (("invoice", "00000000-0000-0000-0000-000000000001"), 3),
        (("poem", "00000000-0000-0000-0000-000000000001"), 2),
    ],
)
def test_what_cannot_be_printed_is_said(
    run: Any, clinic_dir: DataDir, tmp_path: Path, words: tuple[str, str], code: int
) -> None:
    found, told = run("print", *words, "--out", tmp_path / "x.pdf")
    assert found == code
    assert told["error"]["message"]
    assert not (tmp_path / "x.pdf").exists()
