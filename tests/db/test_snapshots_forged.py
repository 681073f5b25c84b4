"""Whoever makes a snapshot is a PC of the practice, and is believed no word about the others."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from clinic_desktop.db.snapshot_loading import refuse_untold
from clinic_desktop.db.snapshot_pages import (
    CommitsPage,
    DepsPage,
    Page,
    QuestionsPage,
    RowsPage,
    SnapshotError,
    read,
    write,
)
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.models.registry import BY_NAME
from tests.db.test_snapshots import Snapshot, alike, load, snapshot, trio
from tests.support.pcs import Pc, findings, meet, new_patient, set_family

__all__ = ["trio"]
PATIENT = BY_NAME["patient"]
NAME = next(each for each in PATIENT.groups if "family" in each.names)
Forge = Callable[[Page], None]


@pytest.fixture
def corrected(trio: tuple[Pc, Pc, Pc]) -> Snapshot:
    """The second PC wrote a wrong value, the first one put it right: "Right" replaced "Wrong"."""
    first, second, _new = trio
    row = new_patient(first, "First")
    second.pull(first)
    set_family(second, row, "Wrong")
    first.pull(second)
    set_family(first, row, "Right")
    return snapshot(first)


@pytest.fixture
def asked(trio: tuple[Pc, Pc, Pc]) -> Snapshot:
    """Both wrote a value without knowing of each other: people are asked."""
    first, second, _new = trio
    row = new_patient(first, "First")
    meet(first, second)
    set_family(first, row, "One")
    set_family(second, row, "Two")
    meet(first, second)
    assert len(first.conflicts()) == 1
    return snapshot(first)


def forge(told: Snapshot, *ways: Forge) -> Snapshot:
    at, pages = told
    forged = []
    for part, plain, counts in pages:
        page = read(plain)
        for way in ways:
            way(page)
        forged.append((part, write(page), counts))
    assert forged != pages
    return at, forged


def believed(pc: Pc, told: Snapshot) -> None:
    """Take it as a PC that joins does.

    Raises:
        SnapshotError: it is not believed.
    """
    load(pc, told)
    pc.store.write(SYSTEM, lambda uow: refuse_untold(uow.cursor)).result(60)


def names_cell(page: RowsPage, at: int) -> bool:
    return page.table == PATIENT.number and page.cells[at][1] == NAME.number


def wrong_stands(second: Pc) -> Forge:
    """The value that was replaced stands in the row, by the commit that wrote it."""
    (dseq,) = second.rows("SELECT max(dseq) FROM sync_commit WHERE dev = 1")[0]

    def way(page: Page) -> None:
        if not isinstance(page, RowsPage) or page.table != PATIENT.number:
            return
        page.values[:] = [["Wrong" if v == "Right" else v for v in c] for c in page.values]
        if second.device_id not in page.devices:
            page.devices.append(second.device_id)
        at = page.devices.index(second.device_id)
        page.cells[:] = [
            (cell[0], cell[1], at, dseq, cell[4]) if names_cell(page, place) else cell
            for place, cell in enumerate(page.cells)
        ]

    return way


def second_last(second: Pc) -> Forge:
    """The last commit of the second PC stands after all of the first's."""

    def way(page: Page) -> None:
        if not isinstance(page, CommitsPage):
            return
        at = page.devices.index(second.device_id)
        last = max(n for n, maker in enumerate(page.makers) if maker == at)
        clocks = [sum(page.clocks[: n + 1]) for n in range(len(page.clocks))]
        for column in (page.makers, page.numbers, page.walls, page.authors, page.why,
                       page.schemas, clocks):  # fmt: skip
            column.append(column.pop(last))
        page.clocks[:] = [now - before for before, now in zip([0, *clocks], clocks, strict=False)]

    return way


def without_deps(device: bytes) -> Forge:
    def way(page: Page) -> None:
        if isinstance(page, DepsPage) and page.device == device:
            page.entries.pop()

    return way


def test_what_was_told_is_believed(trio: tuple[Pc, Pc, Pc], corrected: Snapshot) -> None:
    believed(trio[2], corrected)
    alike(trio[0], trio[2])
    assert findings(trio[2]) == []


def test_a_value_that_was_put_right_does_not_stand_again(
    trio: tuple[Pc, Pc, Pc], corrected: Snapshot
) -> None:
    first, second, new = trio
    told = forge(corrected, wrong_stands(second), second_last(second),
                 without_deps(first.device_id))  # fmt: skip
    with pytest.raises(SnapshotError, match="dependencies"):
        believed(new, told)


def test_nor_by_another_order(trio: tuple[Pc, Pc, Pc], corrected: Snapshot) -> None:
    _first, second, new = trio
    with pytest.raises(SnapshotError, match="before what they build on"):
        believed(new, forge(corrected, wrong_stands(second), second_last(second)))


def test_nor_beside_the_right_one(trio: tuple[Pc, Pc, Pc], corrected: Snapshot) -> None:
    """As if people had been asked, and the wrong one had the later clock."""
    _first, second, new = trio
    (dseq,) = second.rows("SELECT max(dseq) FROM sync_commit WHERE dev = 1")[0]

    def beside(page: Page) -> None:
        if isinstance(page, RowsPage) and page.table == PATIENT.number:
            page.devices.append(second.device_id)
            right, wrong = told_value(page), told_value(page).replace(b"Right", b"Wrong")
            (at,) = (n for n in range(len(page.cells)) if names_cell(page, n))
            row, grp = page.cells[at][:2]
            page.cells[at] = (*page.cells[at][:4], right)
            page.cells.append((row, grp, len(page.devices) - 1, dseq, wrong))

    with pytest.raises(SnapshotError, match="other versions"):
        believed(new, forge(corrected, beside))


def told_value(page: RowsPage) -> bytes:
    place = {number: at for at, number in enumerate(page.columns)}
    return msgspec.msgpack.encode([page.values[place[n]][0] for _name, n in NAME.columns])


def test_a_version_that_people_are_asked_about_is_not_left_out(
    trio: tuple[Pc, Pc, Pc], asked: Snapshot
) -> None:
    new = trio[2]
    shown = trio[0].rows("SELECT family FROM patient")[0][0]

    def alone(page: Page) -> None:
        if isinstance(page, RowsPage) and page.table == PATIENT.number:
            kept = [c for n, c in enumerate(page.cells)
                    if not names_cell(page, n) or shown.encode() in (c[4] or b"")]  # fmt: skip
            assert len(kept) == len(page.cells) - 1
            page.cells[:] = kept
        if isinstance(page, QuestionsPage):
            page.entries.clear()

    with pytest.raises(SnapshotError):
        believed(new, forge(asked, alone))


def test_a_question_that_is_left_out_is_asked_all_the_same(
    trio: tuple[Pc, Pc, Pc], asked: Snapshot
) -> None:
    first, _second, new = trio

    def silent(page: Page) -> None:
        if isinstance(page, QuestionsPage):
            page.entries.clear()

    believed(new, forge(asked, silent))
    assert [each.id for each in new.conflicts()] == [each.id for each in first.conflicts()]


def test_what_stands_of_two_versions_is_not_the_makers_choice(
    trio: tuple[Pc, Pc, Pc], asked: Snapshot
) -> None:
    first, _second, new = trio
    shown = str(first.rows("SELECT family FROM patient")[0][0])
    other = {"One": "Two", "Two": "One"}[shown]

    def choose(page: Page) -> None:
        if isinstance(page, RowsPage) and page.table == PATIENT.number:
            page.values[:] = [[other if v == shown else v for v in c] for c in page.values]

    believed(new, forge(asked, choose))
    alike(first, new)


def test_no_dependencies_are_added(trio: tuple[Pc, Pc, Pc], corrected: Snapshot) -> None:
    first, second, new = trio

    def more(page: Page) -> None:
        if isinstance(page, DepsPage) and page.device == second.device_id:
            page.entries.append((1_000_000, 0, 1))

    assert first.device_id != second.device_id
    with pytest.raises(SnapshotError, match="no commit tells of"):
        believed(new, forge(corrected, more))


def test_it_is_refused_if_only_the_rows_are_compared(
    trio: tuple[Pc, Pc, Pc], asked: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why there is a second check: the values alone do not tell which version is missing."""
    new = trio[2]
    at = forge(asked, _earlier_left_out(trio[0]))

    def nothing(_check: Any) -> list[tuple[str, bytes]]:
        return []

    with monkeypatch.context() as patch:
        patch.setattr("clinic_desktop.db.versions_check.VersionsCheck.finish", nothing)
        believed(new, at)
    with pytest.raises(SnapshotError, match="other versions"):
        new.store.write(SYSTEM, lambda uow: refuse_untold(uow.cursor)).result(60)


def _earlier_left_out(first: Pc) -> Forge:
    """Of two versions the one that the log has first, and the row shows the other."""
    rows = first.rows(
        "SELECT d.device_id, c.dseq, s.val FROM sync_cell s JOIN sync_commit c ON c.cid = s.ver"
        " JOIN sync_device d USING (dev) WHERE s.tbl = ? AND s.grp = ? ORDER BY c.hlc",
        PATIENT.number, NAME.number,
    )  # fmt: skip
    gone = uuid.UUID(bytes=bytes(rows[0][0])).bytes, rows[0][1]
    shown = str(first.rows("SELECT family FROM patient")[0][0])

    def way(page: Page) -> None:
        if isinstance(page, RowsPage) and page.table == PATIENT.number:
            page.cells[:] = [c for c in page.cells if (page.devices[c[2]], c[3]) != gone]
        if isinstance(page, QuestionsPage):
            page.entries.clear()

    assert shown.encode() in bytes(rows[-1][2])
    return way
