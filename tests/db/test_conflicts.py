"""What two PCs wrote without knowing of each other: both values stay, and the same is asked."""

from __future__ import annotations

import itertools
import uuid

import msgspec
import pytest

from clinic_desktop.db import membership as chain
from clinic_desktop.db.conflicts import ERASED, OpenConflict
from clinic_desktop.db.disputes import Disputes, Told
from clinic_desktop.db.history import History
from clinic_desktop.db.salvage import from_log
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.models.registry import BY_NAME, TABLES
from clinic_desktop.security.membership_entries import RevokePerson
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import people
from clinic_desktop.services.people import NewPerson
from tests.support.pcs import Pc, family, fill, forged, hidden, meet, new_patient, same, set_family
from tests.support.records import Record, keys_of

# ---------------------------------------------------------------- two people at once


def test_both_values_stay_and_both_pcs_show_the_same(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Kamau")
    set_family(second, row, "Otieno")
    meet(first, second)
    assert family(first, row) == family(second, row)
    (asked,), (there,) = first.conflicts(), second.conflicts()
    assert (asked.id, asked.kind, asked.table, asked.row_id) == (there.id, "value", "patient", row)
    assert len(asked.versions) == 2
    assert asked.patient_id == row
    same(first, second)

    # Whoever writes now has seen both, and says which holds, also the one that is shown.
    shown = family(second, row)
    second.decide(there, family=shown)
    assert second.conflicts() == []
    meet(first, second)
    assert first.conflicts() == []
    assert family(first, row) == shown
    same(first, second)


def test_an_ordinary_form_answers_nothing_that_it_did_not_show(two: tuple[Pc, Pc]) -> None:
    """Several groups of a chart in dispute, and somebody saves the form over what it shows."""
    first, second = two
    row = new_patient(first)
    meet(first, second)
    change = "UPDATE patient SET family = ?, birth_date = ? WHERE id = ?"
    first.sql(change, "Kamau", "1980-01-01", row.bytes)
    second.sql(change, "Otieno", "1981-01-01", row.bytes)
    meet(first, second)
    assert len(first.conflicts()) == 2
    other = "Otieno" if family(first, row) == "Kamau" else "Kamau"
    first.clock.advance(seconds=60)
    first.sql(change, "Kamau-Otieno", "1982-01-01", row.bytes)
    assert len(first.conflicts()) == 2
    assert family(first, row) == "Kamau-Otieno"
    told = [
        each.values["family"]
        for asked in first.conflicts()
        for each in first.read(_versions, asked)
        if "family" in each.values
    ]
    assert sorted(told) == sorted(["Kamau-Otieno", other])
    meet(first, second)
    assert len(second.conflicts()) == 2
    same(first, second)

    set_family(first, row, other)  # it says the same now
    assert {each.group for each in first.conflicts()} == {2}
    (left,) = [each for each in first.conflicts() if each.group == 2]
    first.decide(left, birth_date="1990-01-01")
    meet(first, second)
    assert first.conflicts() == second.conflicts() == []
    same(first, second)


def _versions(reads: ReadSession, asked: OpenConflict) -> list[Told]:
    return Disputes(reads.cursor).versions(asked)


def test_the_same_value_twice_asks_nobody(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Kamau")
    set_family(second, row, "Kamau")
    meet(first, second)
    assert first.conflicts() == []
    same(first, second)


def test_different_groups_do_not_meet(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Kamau")
    second.sql("UPDATE patient SET city = 'Nakuru' WHERE id = ?", row.bytes)
    meet(first, second)
    assert second.rows("SELECT family, city FROM patient WHERE id = ?", row.bytes) == [
        ("Kamau", "Nakuru")
    ]
    assert first.conflicts() == []
    same(first, second)


def test_an_edit_wins_over_a_deletion(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    first.sql("UPDATE patient SET is_deleted = 1 WHERE id = ?", row.bytes)
    set_family(second, row, "Otieno")
    meet(first, second)
    assert not hidden(first, row)
    assert not hidden(second, row)
    assert [each.kind for each in first.conflicts()] == ["delete_edit"]
    same(first, second)
    first.decide(first.conflicts()[0], is_deleted=1)
    meet(first, second)
    assert hidden(first, row)
    assert hidden(second, row)
    assert second.conflicts() == []
    same(first, second)


def test_a_write_to_what_was_known_to_be_deleted_does_not_bring_it_back(
    two: tuple[Pc, Pc],
) -> None:
    first, second = two
    row = new_patient(first)
    first.sql("UPDATE patient SET is_deleted = 1 WHERE id = ?", row.bytes)
    meet(first, second)
    set_family(second, row, "Otieno")
    meet(first, second)
    assert hidden(first, row)
    assert hidden(second, row)
    same(first, second)


def test_three_pcs_agree_in_every_order(three: tuple[Pc, Pc, Pc]) -> None:
    row = new_patient(three[0])
    meet(*three)
    for number, pc in enumerate(three):
        set_family(pc, row, f"Name {number}")
        pc.sql("UPDATE patient SET city = ? WHERE id = ?", f"City {number}", row.bytes)
    one, two, other = three
    one.pull(two)
    set_family(one, row, "Name 0 and 1")
    for giver, taker in itertools.permutations((other, two, one), 2):
        taker.pull(giver)
    meet(*three)
    assert len(one.conflicts()) == 1
    same(*three)


# ---------------------------------------------------------------- what is held fast


def _note(pc: Pc) -> uuid.UUID:
    """A draft of a note, with the visit and the patient it is about."""
    rows = fill(pc, 1)
    pc.sql("UPDATE note SET status = 'draft', plan = 'rest' WHERE id = ?", rows["note"])
    return uuid.UUID(bytes=rows["note"])


def _sign(pc: Pc, note: uuid.UUID) -> None:
    pc.sql("UPDATE note SET status = 'signed', content_hash = 'x' WHERE id = ?", note.bytes)


def test_what_was_signed_is_shown_and_the_other_text_is_asked_about(two: tuple[Pc, Pc]) -> None:
    first, second = two
    note = _note(first)
    meet(first, second)
    _sign(first, note)
    second.sql("UPDATE note SET plan = 'surgery' WHERE id = ?", note.bytes)
    meet(first, second)
    shown = "SELECT status, plan FROM note WHERE id = ?"
    assert first.rows(shown, note.bytes) == second.rows(shown, note.bytes) == [("signed", "rest")]
    assert [(each.table, each.kind) for each in second.conflicts()] == [("note", "value")]
    same(first, second)


@pytest.mark.parametrize("is_later", [True, False])
@pytest.mark.parametrize("is_signed_first", [True, False])
def test_a_signature_holds_whatever_came_first(
    three: tuple[Pc, Pc, Pc], is_later: bool, is_signed_first: bool
) -> None:
    """A colleague saved the same draft meanwhile, by an earlier or a later clock."""
    signing, saving, other = three
    note = _note(signing)
    meet(*three)
    (saving if is_later else signing).clock.advance(hours=1)
    _sign(signing, note)
    author = saving.actor.user_id
    assert author
    saving.sql(
        "UPDATE note SET plan = 'more', author_id = ? WHERE id = ?", author.bytes, note.bytes
    )
    for giver in three[:2] if is_signed_first else three[1::-1]:
        other.pull(giver)
    meet(*three)
    shown = "SELECT status, content_hash, plan FROM note WHERE id = ?"
    for pc in three:
        assert pc.rows(shown, note.bytes) == [("signed", "x", "rest")]
    same(*three)


@pytest.mark.parametrize("is_issued_first", [True, False])
def test_a_late_line_is_told_whatever_came_first(
    three: tuple[Pc, Pc, Pc], is_issued_first: bool
) -> None:
    """The bill's number was touched meanwhile too, so its state has two versions."""
    issuing, adding, other = three
    rows = fill(issuing, 1)
    issuing.sql("UPDATE invoice SET status = 'draft' WHERE id = ?", rows["invoice"])
    meet(*three)
    issuing.sql("UPDATE invoice SET status = 'issued' WHERE id = ?", rows["invoice"])
    adding.clock.advance(hours=1)
    columns = ", ".join(c for c in BY_NAME["invoice_line"].columns if c != "is_deleted")
    adding.sql(
        f"INSERT INTO invoice_line (id, {columns}) SELECT ?, {columns} FROM invoice_line"  # noqa: S608
        " WHERE id = ?",
        b"l" * 16,
        rows["invoice_line"],
    )
    adding.sql("UPDATE invoice SET number = 'later' WHERE id = ?", rows["invoice"])
    for giver in three[:2] if is_issued_first else three[1::-1]:
        other.pull(giver)
    meet(*three)
    for pc in three:
        assert pc.rows("SELECT status FROM invoice") == [("issued",)]
        assert pc.rows("SELECT is_deleted FROM invoice_line WHERE id = ?", b"l" * 16) == [(1,)]
    same(*three)


def test_a_change_of_what_its_author_saw_signed_is_kept_out(two: tuple[Pc, Pc]) -> None:
    first, second = two
    note = _note(first)
    _sign(first, note)
    meet(first, second)

    def force(uow: UnitOfWork) -> None:
        uow.cursor.execute("UPDATE sync_ctx SET applying = 1")
        uow.cursor.execute("UPDATE note SET plan = 'surgery' WHERE id = ?", (note.bytes,))
        uow.cursor.execute("UPDATE sync_ctx SET applying = 0")
        uow.cursor.execute(
            "INSERT INTO sync_journal (tbl, pk, op, grp) VALUES (22, ?, 1, 1)", (note.bytes,)
        )

    second.write(force)
    new_patient(second)
    report = first.pull(second)
    assert [each[2] for each in report.quarantined] == ["fixed"]
    assert (report.applied, report.held) == (0, 1)
    assert first.rows("SELECT plan FROM note WHERE id = ?", note.bytes) == [("rest",)]


def test_a_row_that_refers_to_nothing_is_kept_out(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    handed = first.outgoing(second.tip(first))
    inserts, updates = msgspec.msgpack.decode(handed[-1].body)
    at = inserts[0][1].index(27) + 1  # the practitioner
    inserts[0][2][0][at] = b"\x01" * 16
    body = msgspec.msgpack.encode([inserts, updates])
    report = second.take(first, [forged(second, first, handed[-1], body)])
    assert [each[2] for each in report.quarantined] == ["reference"]
    assert second.rows("SELECT count(*) FROM patient WHERE id = ?", row.bytes) == [(0,)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\x92\x90",
        msgspec.msgpack.encode([[[8, [1], [[b"short", "x"]]]], []]),
        msgspec.msgpack.encode([[[8, [1], [[b"i" * 16, ["x"]]]]], []]),
        msgspec.msgpack.encode([[], [[8, b"i" * 16, 1, ["x"], [["y"]]]]]),
        msgspec.msgpack.encode([[[8, [1], [[b"i" * 16, 1 << 63]]]], []]),
        b"\x91" * 100_000,
    ],
)
def test_a_body_of_another_shape_is_kept_out(two: tuple[Pc, Pc], body: bytes) -> None:
    first, second = two
    new_patient(first)
    (handed,) = first.outgoing(second.tip(first))
    report = second.take(first, [forged(second, first, handed, body)])
    assert [each[2] for each in report.quarantined] == ["unreadable"]


# ---------------------------------------------------------------- members, keys, rules of the file


def _engage(pc: Pc, record: Record, login: str) -> None:
    new = NewPerson(login, f"Nurse {login}", ("nurse",))
    pc.write(people.add_person, new, keys_of(record).identity, Identity.new().public)


def test_owners_who_let_people_in_while_apart(two: tuple[Pc, Pc], record: Record) -> None:
    first, second = two
    _engage(first, record, "grace")
    _engage(second, record, "joseph")
    meet(first, second)
    for pc in two:
        state = pc.read(chain.agree)
        assert state is not None
        assert {"grace", "joseph"} <= {each.login for each in state.people.values()}
    _engage(second, record, "ruth")
    meet(first, second)
    same(first, second)
    assert first.read(chain.agree) == second.read(chain.agree)


def test_what_one_owner_did_apart_another_may_take_back(two: tuple[Pc, Pc], record: Record) -> None:
    """The step follows one branch and is about somebody of the other, whichever it is."""
    first, second = two
    _engage(first, record, "grace")
    _engage(second, record, "joseph")
    meet(first, second)
    for login, pc in (("grace", second), ("joseph", first)):
        ((row,),) = pc.rows("SELECT id FROM app_user WHERE login = ?", login)
        pc.write(people.retire_person, uuid.UUID(bytes=row), keys_of(record).identity)
        meet(first, second)
        for each in two:
            state = each.read(chain.agree)
            assert state is not None
            assert login not in {one.login for one in state.people.values()}
    same(first, second)


def test_a_step_that_came_to_nothing_is_told(two: tuple[Pc, Pc], record: Record) -> None:
    first, second = two
    _engage(first, record, "grace")
    _engage(second, record, "grace")
    meet(first, second)
    for pc in two:
        assert [each.kind for each in pc.conflicts()] == ["membership"]
        pc.read(chain.agree)
    same(first, second)


def test_no_business_key_can_keep_a_foreign_row_out(record: Record) -> None:
    for table in TABLES:
        found = record.rows(
            'SELECT name, origin FROM pragma_index_list(?) WHERE "unique"', table.name
        )
        assert [each for each in found if each[1] != "pk"] == [], table.name


def test_the_old_log_of_one_pc_goes_on(two: tuple[Pc, Pc]) -> None:
    """A commit after a foreign one says what it had seen, and names the other PC's version."""
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(second, row, "Otieno")
    made = second.outgoing()[-1]
    seen = first.outgoing()[-1]
    assert msgspec.msgpack.decode(made.deps) == {first.device_id: [seen.dseq, seen.chain[:4]]}
    _inserts, updates = msgspec.msgpack.decode(made.body)
    assert updates[0][4] == [[first.device_id, len(first.outgoing())]]
    versions = second.read(lambda reads: History(reads.cursor).of("patient", row))
    assert [each.values.get("family") for each in versions if each.group.number == 1] == [
        "Wanjiru",
        "Otieno",
    ]


def test_salvage_makes_the_versions_again(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Kamau")
    set_family(second, row, "Otieno")
    set_family(second, row, "Otieno-Kamau")
    meet(first, second)
    cells = "SELECT tbl, pk, grp, ver, val FROM sync_cell ORDER BY tbl, pk, grp, ver"
    before, shown = first.rows(cells), family(first, row)

    def lose(uow: UnitOfWork) -> int:
        uow.cursor.execute("DELETE FROM sync_cell")
        uow.cursor.execute("UPDATE sync_ctx SET applying = 1")
        uow.cursor.execute("UPDATE patient SET family = 'lost' WHERE id = ?", (row.bytes,))
        found = from_log.put_back_versions(uow.cursor)
        uow.cursor.execute("UPDATE sync_ctx SET applying = 0")
        return found

    assert first.write(lose) == len(before)
    assert first.rows(cells) == before
    assert family(first, row) == shown
    same(first, second)


def test_a_bill_holds_what_was_issued(two: tuple[Pc, Pc]) -> None:
    """A line changed or added elsewhere meanwhile is told, and is not of the bill."""
    first, second = two
    rows = fill(first, 1)
    bill, line = rows["invoice"], rows["invoice_line"]
    first.sql("UPDATE invoice_line SET description = 'visit' WHERE id = ?", line)
    meet(first, second)
    first.sql("UPDATE invoice SET status = 'issued' WHERE id = ?", bill)
    second.sql("UPDATE invoice_line SET description = 'other' WHERE id = ?", line)
    columns = ", ".join(c for c in BY_NAME["invoice_line"].columns if c != "is_deleted")
    second.sql(
        f"INSERT INTO invoice_line (id, {columns}) SELECT ?, {columns} FROM invoice_line"  # noqa: S608
        " WHERE id = ?",
        b"l" * 16,
        line,
    )
    meet(first, second)
    shown = "SELECT id, description, is_deleted FROM invoice_line ORDER BY id"
    assert first.rows(shown) == second.rows(shown)
    assert set(first.rows(shown)) == {(line, "visit", 0), (b"l" * 16, "other", 1)}
    assert sorted(each.kind for each in first.conflicts()) == ["too_late", "value"]
    same(first, second)
    late = next(each for each in first.conflicts() if each.kind == "too_late")
    first.decide(late, is_deleted=1)
    meet(first, second)
    assert [each.kind for each in second.conflicts()] == ["value"]
    first.decide(first.conflicts()[0], description="visit")
    assert second.pull(first).quarantined == []
    assert second.conflicts() == []
    same(first, second)


def test_roles_are_those_of_the_chain(two: tuple[Pc, Pc], record: Record) -> None:
    first, second = two
    _engage(second, record, "grace")
    ((nurse,),) = second.rows("SELECT id FROM app_user WHERE login = 'grace'")
    second.actor = type(second.actor)(uuid.UUID(bytes=nurse), "grace", "", ("owner",))
    new_patient(second)
    assert first.pull(second).quarantined == []
    second.sql(
        "INSERT INTO tax_rate (id, name, rate_bp, is_inclusive, is_active) VALUES (?, '', 0, 0, 1)",
        b"t" * 16,
    )
    assert [each[2] for each in first.pull(second).quarantined] == ["right"]


def _owner(pc: Pc, record: Record, login: str) -> tuple[Actor, Identity]:
    """One more owner, with the keys to sign."""
    keys, new = Identity.new(), NewPerson(login, f"Dr {login}", ("owner", "doctor"))
    row = pc.write(people.add_person, new, keys_of(record).identity, keys.public)
    return Actor(row, login, new.name, new.roles), keys


def _id(actor: Actor) -> bytes:
    assert actor.user_id is not None
    return actor.user_id.bytes


def test_an_owner_who_ends_the_own_rights_stops_no_log(two: tuple[Pc, Pc], record: Record) -> None:
    """Also in records where it was written before the program refused it, and what followed."""
    first, second = two
    grace, keys = _owner(first, record, "grace")
    meet(first, second)

    def leave(uow: UnitOfWork) -> None:
        uow.cursor.execute("UPDATE app_user SET is_active = 0 WHERE id = ?", (_id(grace),))
        chain.append(uow, keys, RevokePerson(uuid.UUID(bytes=_id(grace))))

    owner, first.actor = first.actor, grace
    first.write(leave)
    report = second.pull(first)
    assert report.quarantined == []
    assert second.conflicts() == []
    row = new_patient(first)
    new_patient(first)
    assert second.pull(first).quarantined == []
    assert family(second, row) == family(first, row)
    (asked,) = second.conflicts()
    assert (asked.kind, asked.table, asked.row_id.bytes) == ("author", "app_user", _id(grace))
    # An answer is the next write of that person's row.
    second.decide(asked, is_active=0)
    assert second.conflicts() == []
    first.actor = owner
    meet(first, second)
    same(first, second)


def test_who_wrote_with_a_role_taken_meanwhile_is_asked_about(
    two: tuple[Pc, Pc], record: Record
) -> None:
    """The window was open when the other PC's change came in; nothing that was typed is lost."""
    first, second = two
    grace, _keys = _owner(first, record, "grace")
    meet(first, second)
    row = uuid.UUID(bytes=_id(grace))
    first.write(people.change_roles, row, ("receptionist",), keys_of(record).identity)
    second.pull(first)
    second.actor = grace
    second.sql(
        "INSERT INTO tax_rate (id, name, rate_bp, is_inclusive, is_active) VALUES (?, '', 0, 0, 1)",
        b"t" * 16,
    )
    report = first.pull(second)
    assert (report.quarantined, report.conflicts) == ([], 1)
    assert first.rows("SELECT count(*) FROM tax_rate WHERE id = ?", b"t" * 16) == [(1,)]
    assert [(each.kind, each.row_id) for each in first.conflicts()] == [("author", row)]


def test_an_erasure_elsewhere_is_asked_for_here(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)

    def erased(uow: UnitOfWork) -> None:
        uow.audit(ERASED, patient_id=row)

    first.write(erased)
    meet(first, second)
    assert first.conflicts() == []
    assert [(each.kind, each.patient_id) for each in second.conflicts()] == [("erasure", row)]
    second.write(erased)
    assert second.conflicts() == []
    meet(first, second)
    same(first, second)
