"""What has to hold of records, server and traffic; each finding is one sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clinic_desktop.db.confirmed import confirmed
from clinic_desktop.db.conflicts import open_conflicts
from clinic_desktop.db.log_check import check_log
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, TABLES
from clinic_desktop.security.membership_entries import BeginEpoch, PutDevice, RevokeDevice
from clinic_desktop.sync import passes
from tests.proofs.sync.simulated.machine import Pc
from tests.proofs.sync.simulated.oracle import ASKED, COLUMNS, PATIENT, Cell, Oracle

_GROUPS = {group.number: group.names for group in BY_NUMBER[PATIENT].groups}
_SHOWN = f"SELECT id, {', '.join(COLUMNS.values())} FROM patient"  # noqa: S608
_FULL = " UNION ALL ".join(
    f"SELECT '{table.name}' WHERE EXISTS (SELECT 1 FROM {table.name})"  # noqa: S608
    for table in TABLES
)
"""The tables that hold anything."""


def faults_of(pc: Pc, oracle: Oracle) -> Iterator[str]:
    """Whether a record holds what was written, in an order that makes sense."""
    yield from _order(pc, oracle)
    asked = {
        (each.row_id, each.group)
        for each in pc.read(lambda reads: open_conflicts(reads.cursor))
        if each.table == "patient"
    }
    kept, clocks = _kept(pc), _clocks(pc)
    shown = {row[0]: row[1:] for row in pc.rows(_SHOWN)}
    for row in oracle.rows(pc.applied):
        values = dict(zip(COLUMNS, shown.get(row.bytes) or (None,) * len(COLUMNS), strict=True))
        is_hidden, is_disputed = oracle.fate(pc.applied, row)
        if is_hidden != bool(values[0]):
            yield f"{pc.name}: a chart is hidden ({values[0]}) or seen, and should not be"
        if is_disputed != ((row, 0) in asked):
            yield f"{pc.name}: nobody is asked about a deleted chart, or for nothing"
        for group, column in COLUMNS.items():
            cell = Cell(row, group)
            live = oracle.live(pc.applied, cell)
            wanted = sorted(map(str, oracle.values(live, cell)))
            at = _GROUPS[group].index(column)
            versions = kept.get((row.bytes, group)) or [None]
            found = sorted(
                str(values[group] if each is None else msgspec.msgpack.decode(each)[at])
                for each in versions
            )
            if found != wanted:
                yield f"{pc.name}: of {column} it holds {found}, not {wanted}"
                continue
            if group in ASKED and not is_hidden and (len(live) > 1) != (tuple(cell) in asked):
                yield f"{pc.name}: nobody is asked about {found}, or for nothing"
            latest = max(live, key=clocks.__getitem__)
            if group and [values[group]] != oracle.values([latest], cell):
                yield f"{pc.name}: of {found} it shows {values[group]}, not the latest"


def _clocks(pc: Pc) -> dict[int, tuple[int, bytes, int]]:
    """What orders the versions for the screen, by operation: the clock, then PC and number."""
    return {
        int(reason[3:]): (hlc, bytes(device), dseq)
        for reason, hlc, device, dseq in pc.rows(
            "SELECT c.reason, c.hlc, d.device_id, c.dseq FROM sync_commit c"
            " JOIN sync_device d USING (dev) WHERE c.reason LIKE 'op %'"
        )
    }


def _order(pc: Pc, oracle: Oracle) -> Iterator[str]:
    strange = pc.applied - oracle.ops.keys()
    if strange:
        yield f"{pc.name}: operations that were never made: {sorted(strange)}"
    for number in sorted(pc.applied - strange):
        missing = oracle.ops[number].saw - pc.applied
        if missing:
            yield f"{pc.name}: {number} is there without what its author had seen: {min(missing)}"
            return


def _kept(pc: Pc) -> dict[tuple[bytes, int], list[bytes | None]]:
    """The versions of each cell of a patient that was written again."""
    found = defaultdict(list)
    for pk, grp, val in pc.rows("SELECT pk, grp, val FROM sync_cell WHERE tbl = ?", PATIENT):
        found[pk, grp].append(val)
    return found


def soundness(pc: Pc) -> Iterator[str]:
    """Whether a record is whole in itself."""
    assert pc.store is not None
    if pc.rows("PRAGMA foreign_key_check"):
        yield f"{pc.name}: a row refers to one that is not there"
    if pc.rows("SELECT 1 FROM sync_journal LIMIT 1"):
        yield f"{pc.name}: a change is in no commit"
    pc.rows("SELECT 1 FROM patient_fts WHERE patient_fts MATCH 'a'")  # see faults_of_structure
    if pc.rows("PRAGMA quick_check(1)") != [("ok",)]:
        yield f"{pc.name}: the file is damaged"
    reasons = Counter(pc.rows("SELECT reason FROM sync_commit WHERE reason LIKE 'op %'"))
    yield from (f"{pc.name}: {each} is there twice" for each, n in reasons.items() if n > 1)
    if pc.rows("SELECT applying FROM sync_ctx") != [(0,)]:
        yield f"{pc.name}: the capture sleeps"
    pc.store.sign_off().result()
    mirror = pc.store.mirror
    report = pc.read(lambda reads: check_log(reads.cursor, mirror))
    for each in report.findings:
        if each.what != "not-signed-yet":
            yield f"{pc.name}: log {each.what} {each.dev}/{each.dseq} {each.table}"


def agreement(pcs: list[Pc]) -> Iterator[str]:
    """Whether all hold the same rows, versions, log and questions."""
    first, *others = [(pc, _all(pc)) for pc in pcs]
    for pc, held in others:
        for what in held.keys() | first[1].keys():
            if held.get(what) != first[1].get(what):
                yield f"{first[0].name} and {pc.name} differ in {what}"


def _all(pc: Pc) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: pc.rows(
            f"SELECT id, {', '.join(BY_NAME[name].columns)} FROM {name} ORDER BY id"  # noqa: S608
        )
        for (name,) in pc.rows(_FULL)
    }
    found["versions"] = pc.rows(
        "SELECT s.tbl, s.pk, s.grp, d.device_id, c.dseq FROM sync_cell s"
        " JOIN sync_commit c ON c.cid = s.ver JOIN sync_device d USING (dev) ORDER BY 1, 2, 3, 4, 5"
    )
    found["the log"] = pc.rows(
        "SELECT d.device_id, c.dseq, c.chain FROM sync_commit c JOIN sync_device d USING (dev)"
        " ORDER BY 1, 2"
    )
    found["questions"] = pc.read(
        lambda reads: sorted((each.id, each.kind) for each in open_conflicts(reads.cursor))
    )
    return found


def is_quiet(pc: Pc) -> str:
    """What a PC still waits for; empty where nothing."""
    found = pc.read(passes.still_open)
    if found.to_send or found.to_apply:
        return f"{pc.name}: {found.to_send} to send, {found.to_apply} to apply"
    return ""


def kept_out(pc: Pc) -> int:
    """How many commits of others it refuses."""
    found: int = pc.read(passes.still_open).kept_out
    return found


def waiting(pc: Pc) -> set[bytes]:
    """The PCs that wait to be confirmed, as one PC has it."""
    found = pc.read(lambda reads: confirmed(reads).pcs)
    return {each.bytes for each in found}


class Chain:
    """The chain of members and who had seen what of it, told without the program's own rule."""

    def __init__(self, pc: Pc) -> None:
        self._rows = pc.rows(
            "SELECT m.kind, m.body, c.dev, c.dseq, d.device_id FROM membership_entry m"
            " JOIN sync_commit c ON c.cid = m.sv JOIN sync_device d USING (dev)"
        )
        self._deps = pc.rows("SELECT dev, dseq, other, upto FROM sync_dep")

    def begun_unaware(self, device: bytes) -> set[int]:
        """The data keys begun by somebody who knew of a taking-out whose author knew not of a PC.

        Only of a PC that no other one named.
        """
        named = [
            each for each in self._says("device")
            if msgspec.msgpack.decode(each[1], type=PutDevice).device.id.bytes == device
        ]  # fmt: skip
        if any(each[4] != device for each in named):
            return set()
        return self._begun_knowing(
            each for each in self._says("revoke-device")
            if each[4] != device and not any(self._knew(each, one) for one in named)
        )  # fmt: skip

    def begun_without(self, device: bytes) -> set[int]:
        """The data keys begun by somebody who knew that a PC was taken out."""
        return self._begun_knowing(
            each for each in self._says("revoke-device")
            if msgspec.msgpack.decode(each[1], type=RevokeDevice).id.bytes == device
        )  # fmt: skip

    def _begun_knowing(self, takings: Iterable[tuple[Any, ...]]) -> set[int]:
        known = list(takings)
        return {
            msgspec.msgpack.decode(each[1], type=BeginEpoch).epoch
            for each in self._says("epoch")
            if any(self._knew(each, one) for one in known)
        }

    def _says(self, kind: str) -> list[tuple[Any, ...]]:
        return [each for each in self._rows if each[0] == kind]

    def _knew(self, one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        dev, dseq = one[2:4]
        known = [
            upto for at, n, of, upto in self._deps if (at, of) == (dev, other[2]) and n <= dseq
        ]
        most: int = max([dseq if dev == other[2] else 0, *known])
        return bool(other[3] <= most)


def epochs(pc: Pc) -> set[int]:
    """The data keys that a PC has."""
    return {row[0] for row in pc.rows("SELECT epoch FROM sync_key")}
