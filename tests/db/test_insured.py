"""An insurer's agent sees bills of the people insured there, and nothing else of the record."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date

import msgspec
import pytest

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import ClinicError, PermissionDeniedError, ValidationError
from clinic_desktop.models.patient import Coverage, Patient
from clinic_desktop.security.membership_entries import Engage
from clinic_desktop.services import conditions, encounters, insured, letters, patients
from clinic_desktop.services.access import ACTIONS
from clinic_desktop.services.audit import seen
from clinic_desktop.services.billing import invoices
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.conditions import Coded
from clinic_desktop.services.confidentiality import team
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.people import NewPerson
from clinic_desktop.services.privacy import disclosures, restriction
from clinic_desktop.services.privacy.disclosures import NoteDisclosure
from tests.db.test_reception import CANARY, every_answer
from tests.proofs.permissions.matrix import action, services
from tests.support.records import CHEAP, NOON, PASSWORD, Record

MINE, OTHER = "AAR Insurance", "Jubilee"
JOSEPH = NewPerson(
    *("joseph", "Joseph Mwangi", ("insurer",)),
    until=date(2026, 11, 30), reason="Claims of October", insurer=MINE,
)  # fmt: skip
JOSEPH_PASSWORD = "green kettle garden"
NAME_OF_OTHER = "Qwyxford"
"""The family name of everybody who is insured elsewhere."""


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=1000))
    found.keys.cost = CHEAP
    yield found
    found.close()


def _as_record(opened: Clinic, path: DataDir) -> Record:
    clock = opened.store.clock
    assert isinstance(clock, FixedClock)
    return Record(opened.store, clock, opened.actor, b"", path.database)


def _patient(record: Record, family: str, insurer: str, **policy: object) -> uuid.UUID:
    row = Patient(id=record.clock.new_id(), mrn=f"M-{family}", family=family, given="Ann")
    cover = Coverage(patient_id=row.id, payer_name=insurer, policy_number=f"P-{family}", **policy)
    record.write(lambda uow: uow.add(row, cover))
    return row.id


def _billed(record: Record, patient: uuid.UUID, code: str = "A09") -> tuple[uuid.UUID, ...]:
    """A signed visit with words that only a chart has, a letter, and its bill."""
    visit = record.write(encounters.start_visit, patient_id=patient).encounter_id
    coded = Coded(CANARY, "http://hl7.org/fhir/sid/icd-10", code)
    record.write(conditions.add_diagnosis, visit, coded)
    record.write(encounters.sign, visit, text=NoteText(CANARY, CANARY, CANARY, CANARY))
    letter = record.write(letters.write_referral, letters.WriteReferral(patient, "ENT", CANARY))
    form = InvoiceForm(patient, (LineForm("Consultation", 100),), visit, note=CANARY)
    return patient, visit, letter, record.write(invoices.issue, form).id


def _agent(record: Record, insurer: str = MINE) -> Actor:
    """Joseph, as signing in makes him."""
    until = NOON.replace(month=12)
    return replace(record.as_role("insurer"), engaged_until=until, insurer=insurer)


def test_the_agent_signs_in_for_one_insurer_and_a_time(opened: Clinic, clinic_dir: DataDir) -> None:
    """The insurer stands in the signed chain; one whom no policy names is refused."""
    record = _as_record(opened, clinic_dir)
    _billed(record, _patient(record, "Kamau", MINE))
    _billed(record, _patient(record, NAME_OF_OTHER, OTHER))
    for wrong in ("", "Somebody else"):
        with pytest.raises(ValidationError) as error:
            opened.add_person(replace(JOSEPH, insurer=wrong), JOSEPH_PASSWORD)
        assert error.value.field == "insurer"
    opened.add_person(JOSEPH, JOSEPH_PASSWORD)
    last = opened.store.read(SYSTEM, chain.entries).result()[-1]
    assert (last.kind, msgspec.msgpack.decode(last.body)["insurer"]) == ("engage", MINE)
    actor = opened.switch_user("joseph", JOSEPH_PASSWORD)
    assert (actor.insurer, actor.engaged_until is not None) == (MINE, True)
    (bill,) = opened.store.read(actor, insured.bills).result()
    assert bill.policy_number == "P-Kamau"
    clock = opened.store.clock
    assert isinstance(clock, FixedClock)
    clock.advance(days=10)
    with pytest.raises(PermissionDeniedError):
        opened.store.read(actor, insured.bills).result()


def test_an_engagement_of_before_is_written_as_it_was() -> None:
    """Old chains replay: their entries have no insurer, and still only one form."""
    old = msgspec.msgpack.encode({"id": str(uuid.UUID(int=1)), "until": 5, "reason": "Audit"})
    assert msgspec.msgpack.encode(msgspec.msgpack.decode(old, type=Engage)) == old


def test_only_care_under_a_policy_of_the_insurer(record: Record) -> None:
    mine = _billed(record, _patient(record, "Kamau", "  aar insurance "))
    _billed(record, _patient(record, NAME_OF_OTHER, OTHER))
    for family, policy in (
        ("Early", {"valid_from": date(2026, 12, 1)}),
        ("Late", {"valid_to": date(2026, 11, 1)}),
        ("Mistaken", {"status": "entered-in-error"}),
    ):
        _billed(record, _patient(record, family, MINE, **policy))
    agent = _agent(record)
    (bill,) = record.store.read(agent, insured.bills).result()
    assert bill.id == mine[-1]
    assert record.store.read(agent, insured.bills, "kAMAU").result() == (bill,)
    assert record.store.read(agent, insured.bills, "Qwyx").result() == ()
    found = record.store.read(agent, insured.document, bill.id).result()
    assert found is not None
    assert found.codes == ("A09",)
    assert [line.description for line in found.lines] == ["Consultation"]
    assert record.read(insured.bills) == ()  # nobody else is an agent of anybody


def test_the_policy_of_a_joined_chart_counts(record: Record) -> None:
    old = _patient(record, "Kamau", MINE)
    kept = _patient(record, "Kamau-Otieno", OTHER)
    _billed(record, kept)
    agent = _agent(record)
    assert record.store.read(agent, insured.bills).result() == ()
    record.write(patients.merge, old, kept, reason="Twice")
    assert len(record.store.read(agent, insured.bills).result()) == 1


def test_a_chart_in_confidence_gives_no_codes_and_a_stored_one_nothing(record: Record) -> None:
    patient, _visit, _letter, bill = _billed(record, _patient(record, "Kamau", MINE))
    agent = _agent(record)
    record.write(
        team.keep_in_confidence, patient, [each for each in [record.owner.user_id] if each]
    )
    found = record.store.read(agent, insured.document, bill).result()
    assert found is not None
    assert found.codes == ()
    record.write(restriction.restrict, patient, "accuracy", "Said by phone")
    assert record.store.read(agent, insured.document, bill).result() is None
    assert record.store.read(agent, insured.bills).result() == ()


def test_what_was_released_and_that_the_agent_looked_is_known(record: Record) -> None:
    patient, *_ids, bill = _billed(record, _patient(record, "Kamau", MINE))
    for whom in (MINE, OTHER):
        record.write(
            disclosures.note_disclosure,
            NoteDisclosure(patient, whom, f"Claim at {whom}", recipient_kind="insurer"),
        )
    agent = _agent(record)
    found = record.store.read(agent, insured.document, bill).result()
    assert found is not None
    assert [each.purpose for each in found.released] == [f"Claim at {MINE}"]
    record.store.alone(lambda: None).result()  # the look waits for nobody's next save
    unsigned = "SELECT max(dseq) - (SELECT max(dseq) FROM sync_checkpoint) FROM sync_commit"
    assert record.rows(unsigned) == [(0,)]
    assert insured.SEEN in {each.kind for each in record.read(seen.who_saw, patient)}
    given = record.read(disclosures.disclosures_of, patient)
    assert [row.source for row in given].count("seen") == 1


def test_no_action_tells_the_agent_more(record: Record) -> None:
    """Every query with every id and word, and every command: none says what is not theirs."""
    ids = list(_billed(record, _patient(record, "Kamau", MINE)))
    ids += _billed(record, _patient(record, NAME_OF_OTHER, OTHER))
    agent = _agent(record)
    told = list(every_answer(record, agent, ids))
    assert [name for name, words in told if CANARY in words or NAME_OF_OTHER in words] == []
    may = {name for name, _words in told}
    assert {name for name in may if ACTIONS[name].permission != "practice.read"} == {
        "insured.bills", "insured.document",
    }  # fmt: skip
    services()
    for name, what in ACTIONS.items():
        if what.writes and what.permission != "practice.read":
            with suppress(ClinicError), pytest.raises(PermissionDeniedError):
                record.store.write(agent, action(name)).result()
