"""Erasing a patient of whom several PCs wrote: nothing is left in what the exchange keeps."""

from __future__ import annotations

import uuid

import msgspec

from clinic_desktop.db.log_check import Trouble
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services.privacy import erasure
from clinic_desktop.sync import passes
from tests.support.pcs import Pc, family, findings, forged, meet, new_patient, set_family

WHY = "Asked for in writing, nothing keeps it"
YEARS = 366 * 11 * 86_400
WORDS = ("Quillfeather", "Persephone", "Marmalade")
PATIENT = BY_NAME["patient"].number
_pack = msgspec.msgpack.Encoder().encode


def _erase(pc: Pc, row: uuid.UUID) -> None:
    pc.clock.advance(seconds=YEARS)
    pc.write(erasure.erase, row, WHY)


def _left(pc: Pc) -> dict[str, int]:
    return pc.read(erasure.places_of, WORDS)


def _both_wrote(first: Pc, second: Pc) -> uuid.UUID:
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Quillfeather")
    set_family(second, row, "Persephone")
    return row


def test_values_that_differ_go_too_and_do_not_come_back(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = _both_wrote(first, second)
    meet(first, second)
    assert len(first.conflicts()) == 1
    assert "sync_cell" in _left(first)

    _erase(first, row)
    assert _left(first) == {}
    assert first.conflicts() == []
    assert findings(first) == []

    second.sql("UPDATE patient SET city = 'Nakuru' WHERE id = ?", row.bytes)
    meet(first, second)
    assert _left(first) == {}
    assert family(first, row) == ""
    assert first.conflicts() == []
    assert findings(first) == []

    _erase(second, row)
    meet(first, second)
    assert _left(second) == {}
    assert second.conflicts() == []
    assert findings(first) == findings(second) == []


def test_a_commit_that_waits_tells_nothing_and_is_applied_all_the_same(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    tip = first.tip(second)
    second.sql("UPDATE patient SET city = 'Nakuru' WHERE id = ?", row.bytes)
    set_family(second, row, "Persephone")
    before, naming = second.outgoing(tip)
    first.take(second, [naming])
    assert "sync_hold" in _left(first)

    _erase(first, row)
    assert _left(first) == {}
    assert findings(first) == []
    assert first.take(second, [before]).applied == 2
    assert _left(first) == {}
    assert family(first, row) == ""
    assert findings(first) == []


def test_what_nobody_could_read_goes_if_it_names_the_person(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    second.sql("UPDATE patient SET city = 'Nakuru' WHERE id = ?", row.bytes)
    commit = second.outgoing(first.tip(second))[0]
    body = _pack([[], [[PATIENT, row.bytes, 1, "Persephone"]]]) + b"\xc1"
    first.take(second, [forged(first, second, commit, body)])
    assert _left(first) == {"sync_hold": 1}
    _erase(first, row)
    assert _left(first) == {}
    assert first.rows("SELECT dseq, why FROM sync_hold") == [(commit.dseq, "unreadable")]


def test_words_of_a_newer_program_go_too(two: tuple[Pc, Pc]) -> None:
    """In groups, columns and new rows that this program has no place for."""
    first, second = two
    row, other = _both_wrote(second, first), uuid.uuid4()
    meet(first, second)
    second.sql("UPDATE patient SET city = 'Nakuru' WHERE id = ?", row.bytes)
    commit = second.outgoing(first.tip(second))[0]
    table = BY_NAME["patient"]
    group = table.own_groups[0]
    values = first.rows(f"SELECT {', '.join(group.names)} FROM patient WHERE id = ?", row.bytes)  # noqa: S608
    phone = BY_NAME["contact_point"]
    told = {"patient_id": row.bytes, "value": "Marmalade", "digits": "1"}
    columns = [(name, n) for each in phone.groups for name, n in each.columns if name in told]
    inserted = [[n for _name, n in columns] + [999],
                [[other.bytes, *(told[name] for name, _n in columns), "Marmalade"]]]  # fmt: skip
    body = _pack([
        [[phone.number, *inserted]],
        [
            [PATIENT, row.bytes, 99, ["Quillfeather of a newer program"], []],
            [PATIENT, row.bytes, group.number, [*values[0], "Persephone"], []],
        ],
    ])  # fmt: skip
    report = first.take(second, [forged(first, second, commit, body)])
    assert report.quarantined == []
    assert _left(first).keys() >= {"sync_unknown", "sync_cell", "sync_commit"}
    _erase(first, row)
    assert _left(first) == {}
    assert first.rows("SELECT count(*) FROM sync_unknown") == [(0,)]
    assert findings(first) == []


def test_sealed_runs_of_others_go_and_own_ones_stay_to_be_sent_again(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = _both_wrote(first, second)
    meet(first, second)

    def keep(uow: UnitOfWork) -> None:
        for dev, seg, word in ((1, 1, "sent"), (2, 1, "applied"), (2, 2, "held")):
            uow.cursor.execute(
                "INSERT INTO sync_segment (dev, seg_no, from_dseq, to_dseq, epoch, hash, content,"
                " state) VALUES (?, ?, 1, 100, 1, ?, 'sealed', ?)",
                (dev, seg, bytes(32), word),
            )
        uow.cursor.execute("INSERT INTO sync_page (name, content) VALUES (?, 'x')", (bytes(32),))
        sent = "INSERT INTO sync_snapshot (id, manifest) VALUES (?, 'x')"
        uow.cursor.execute(sent, (bytes(32),))

    assert not first.read(erasure.plan, row).is_sealed
    first.write(keep)
    assert first.read(erasure.plan, row).is_sealed
    _erase(first, row)
    assert first.rows("SELECT dev, seg_no, length(content) FROM sync_segment ORDER BY 1, 2") == [
        (1, 1, 6), (2, 1, 0), (2, 2, 6)
    ]  # fmt: skip
    on_its_way = "SELECT (SELECT count(*) FROM sync_page) + count(*) FROM sync_snapshot"
    assert first.rows(on_its_way) == [(0,)]  # a snapshot of before goes to nobody


def test_an_erasure_that_came_in_part_is_no_broken_log(two: tuple[Pc, Pc]) -> None:
    """The commit comes without its words; that they were erased is in a later one."""
    first, second = two
    tip = second.tip(first)
    row = new_patient(first)
    set_family(first, row, "Quillfeather")
    _erase(first, row)
    handed = first.outgoing(tip)
    erased = [each for each in handed if each.original]
    assert erased
    upto = erased[-1].dseq - tip
    second.take(first, handed[:upto])
    report = second.check()
    waits = [each for each in report.findings if each.what == "erasure-to-come"]
    assert [each.dseq for each in waits] == [each.dseq for each in erased]
    assert report.trouble == Trouble.UNANCHORED
    found = second.read(passes.still_open)
    assert (found.to_apply, found.kept_out, found.newer) == (0, 0, 0)
    second.take(first, handed[upto:])
    assert second.rows("SELECT count(*) FROM sync_hold") == [(0,)]
    assert findings(second) == []
    assert family(second, row) == ""


def test_a_commit_changed_under_the_name_of_an_erasure_is_found(two: tuple[Pc, Pc]) -> None:
    first, second = two
    tip = second.tip(first)
    row = new_patient(first)
    _erase(first, row)
    handed = first.outgoing(tip)
    at, erased = next((at, each) for at, each in enumerate(handed) if each.original)
    inserts, updates = msgspec.msgpack.decode(erased.body)
    inserts[0][2][0][1] = "another word"
    false = msgspec.structs.replace(erased, body=_pack([inserts, updates]))
    second.take(first, [*handed[:at], false, *handed[at + 1 :]])
    assert [each.dseq for each in second.check().findings if each.what == "chain"] == [false.dseq]
    assert second.rows("SELECT count(*) FROM sync_hold WHERE why = 'erased'") == [(0,)]
