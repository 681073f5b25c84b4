"""``conflicts list`` and ``conflicts resolve`` as a script calls them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinic_desktop.cli import run
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import TakePayment
from tests.support.pcs import Pc, meet, new_patient, set_family
from tests.support.records import PASSWORD, Record


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)


def call(record: Record, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    folder = str(record.path.parent)
    code = run(["--data-dir", folder, "--user", record.owner.login, "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_question_is_listed_and_decided(
    two: tuple[Pc, Pc], record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Kamau")
    set_family(second, row, "Otieno")
    meet(first, second)
    first.store.close()

    code, said = call(record, capsys, "conflicts", "list")
    (asked,) = said["conflicts"]
    assert code == 0
    assert (asked["kind"], asked["severity"], asked["table"]) == ("value", "clinical", "patient")
    assert asked["patient"] == str(row)
    versions = {each["values"]["family"]: each["version"] for each in asked["versions"]}
    assert versions.keys() == {"Kamau", "Otieno"}
    assert sorted(each["here"] for each in asked["versions"]) == [False, True]

    assert call(record, capsys, "conflicts", "resolve", "no-id", "--keep", "x")[0] == 2
    assert call(record, capsys, "conflicts", "resolve", asked["id"], "--keep", "x")[0] == 3
    code, said = call(record, capsys, "conflicts", "resolve", asked["id"])
    assert (code, said["error"]["place"]) == (2, "keep")
    both = [part for each in versions.values() for part in ("--keep", each)]
    assert call(record, capsys, "conflicts", "resolve", asked["id"], *both)[0] == 6
    keep = ("--keep", versions["Kamau"])
    code, said = call(record, capsys, "conflicts", "resolve", asked["id"], *keep)
    assert (code, said) == (0, {"id": asked["id"], "kept": [versions["Kamau"]]})
    assert call(record, capsys, "conflicts", "resolve", asked["id"], *keep)[0] == 3
    assert call(record, capsys, "conflicts", "list")[1] == {"conflicts": []}


def test_of_two_payments_neither_is_taken_out_by_a_word(
    two: tuple[Pc, Pc], record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two
    bill = InvoiceForm(new_patient(first), (LineForm("Consultation", 50_000),))
    issued = first.write(invoices.issue, bill)
    meet(first, second)
    for pc in two:
        pc.write(payments.take, TakePayment(issued.id, 50_000))
    meet(first, second)
    first.store.close()

    (asked,) = call(record, capsys, "conflicts", "list")[1]["conflicts"]
    assert asked["kind"] == "paid_twice"
    one, other = (each["version"] for each in asked["versions"])
    code, said = call(record, capsys, "conflicts", "resolve", asked["id"], "--keep", one)
    assert (code, said["error"]["kept"]) == (6, "Nothing was decided.")
    both = ("--keep", one, "--keep", other)
    assert call(record, capsys, "conflicts", "resolve", asked["id"], *both)[0] == 0
    assert call(record, capsys, "conflicts", "list")[1] == {"conflicts": []}
