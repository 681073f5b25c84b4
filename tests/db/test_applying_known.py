"""What the author of a commit knew decides what it does here: deletions, questions, refusals."""

from __future__ import annotations

import msgspec

from tests.support.pcs import Pc, family, forged, hidden, meet, new_patient, same, set_family


def test_more_work_on_a_row_that_an_edit_saved_does_not_hide_it(
    three: tuple[Pc, Pc, Pc],
) -> None:
    """Whoever goes on knows of the deletion, but saw the row; only an answer hides it."""
    one, two, other = three
    row = new_patient(one)
    meet(*three)
    one.sql("UPDATE patient SET is_deleted = 1 WHERE id = ?", row.bytes)
    set_family(two, row, "Otieno")
    meet(*three)
    set_family(other, row, "Otieno-Achieng")
    assert not hidden(other, row)
    assert [each.kind for each in other.conflicts()] == ["delete_edit"]
    meet(*three)
    assert [hidden(pc, row) for pc in three] == [False] * 3
    assert [each.kind for each in one.conflicts()] == ["delete_edit"]
    same(*three)


def test_of_a_row_that_an_edit_saved_all_versions_are_asked_about(
    three: tuple[Pc, Pc, Pc],
) -> None:
    one, two, other = three
    row = new_patient(one)
    meet(*three)
    set_family(one, row, "Otieno")
    set_family(two, row, "Achieng")
    other.pull(one)
    other.pull(two)
    other.sql("UPDATE patient SET is_deleted = 1 WHERE id = ?", row.bytes)
    one.sql("UPDATE patient SET city = 'Kisumu' WHERE id = ?", row.bytes)
    meet(*three)
    assert not hidden(one, row)
    assert [(each.kind, each.group) for each in one.conflicts()] == [
        ("value", 1),
        ("delete_edit", 0),
    ]
    same(*three)


def test_what_replaces_a_version_that_its_author_cannot_know_is_kept_out(
    three: tuple[Pc, Pc, Pc],
) -> None:
    """Else the PC that has that version would drop it, and one that gets it later would keep it."""
    one, two, other = three
    row = new_patient(one)
    meet(*three)
    set_family(one, row, "Otieno")
    set_family(two, row, "Achieng")
    other.pull(one)
    hidden_from_two = one.outgoing()[-1].dseq
    handed = two.outgoing(other.tip(two))
    inserts, updates = msgspec.msgpack.decode(handed[-1].body)
    updates[-1][4].append([one.device_id, hidden_from_two])
    body = msgspec.msgpack.encode([inserts, updates])
    report = other.take(two, [forged(other, two, handed[-1], body)])
    assert [each[2] for each in report.quarantined] == ["unseen"]
    assert family(other, row) == "Otieno"
