"""Is the log whole, signed, the newest there is, and do the tables hold what it says?

One pass over ``sync_commit`` in a single view of the file: chain, signatures, the mirror's heads
and the values in the tables. Memory holds the signed heads and a few thousand rows, never the log.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from clinic_desktop.db import journal
from clinic_desktop.db.chain import ERASED, THIS_PC, chain_value, redactions
from clinic_desktop.db.checkpoints import Checkpoint, Signer, signers
from clinic_desktop.db.mirror import Line, Mirror
from clinic_desktop.db.replay import UNREADABLE, Replay
from clinic_desktop.security.primitives import is_signed

Take = Callable[[int, int, list[Any], list[Any]], None]
"""Takes a commit: its PC and its own number here, inserts and updates."""
MOST_FINDINGS = 100
"""More are counted, not listed."""


class Trouble(IntEnum):
    """How bad a finding is; the worst one decides."""

    UNANCHORED = 1
    """Newest commits, or their copies outside the record, have no signature yet or any more."""
    BROKEN = 2
    """A commit, a signature or a row is not what was written."""
    FORK = 3
    """The record was put back to an older state, or went two ways."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``what`` is a stable word, ``place`` may name a file."""

    trouble: Trouble
    what: str
    dev: int = THIS_PC
    dseq: int = 0
    table: str = ""
    row: str = ""
    place: str = ""


@dataclass
class LogReport:
    """What the check went through and found."""

    commits: int = 0
    signatures: int = 0
    mirrored: int = 0
    """Heads in the files beside the record."""
    heads: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """By PC: its newest commit and chain value."""
    restored: list[tuple[int, int]] = field(default_factory=list)
    """Accepted restores: when (milliseconds), and the commit gone back to."""
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    def add(self, finding: Finding) -> None:
        """Take a finding down."""
        self.found += 1
        if len(self.findings) < MOST_FINDINGS or finding.trouble > self.trouble:
            self.findings.append(finding)

    @property
    def trouble(self) -> int:
        """The worst of all findings; 0 where all is well."""
        return max((int(each.trouble) for each in self.findings), default=0)


@dataclass
class _Anchors:
    """What is signed about each commit, by PC and number."""

    chains: dict[tuple[int, int], list[tuple[Trouble, str, bytes]]] = field(default_factory=dict)

    def add(self, trouble: Trouble, what: str, point: tuple[int, int], chain: bytes) -> None:
        self.chains.setdefault(point, []).append((trouble, what, chain))


def check_log(
    cursor: Any,
    mirror: Mirror | None,
    *,
    since_ms: int = 0,
    progress: Callable[[int], None] | None = None,
    also: Take | None = None,
) -> LogReport:
    """Check the whole log; the cursor's transaction holds one view of the file.

    With ``since_ms`` the values of commits before that instant are not compared with the tables;
    chain and signatures always are. ``progress`` hears of every thousandth commit, ``also`` of each
    with what it wrote.
    """
    report, anchors, known = LogReport(), _Anchors(), signers(cursor)
    last_signed = _check_signatures(cursor, known, report, anchors)
    if mirror is not None:
        _check_mirror(mirror, known, last_signed.get(THIS_PC), report, anchors)
    replay = Replay(cursor, lambda cid, table, pk: report.add(_difference(cursor, cid, table, pk)))
    for dev in _logs(cursor):
        for cid, wall, body in _walk(cursor, dev, report, anchors):
            if wall >= since_ms:
                _take(replay, report, (dev, cid, body), also)
            if progress is not None and report.commits % 1000 == 0:
                progress(report.commits)
    if not since_ms:
        replay.finish()
    _check_ends(report, anchors, {dev: point.dseq for dev, point in last_signed.items()})
    for dev, dseq in cursor.execute("SELECT dev, dseq FROM sync_hold WHERE why = ?", (ERASED,)):
        report.add(Finding(Trouble.UNANCHORED, "erasure-to-come", dev, dseq))
    return report


def _logs(cursor: Any) -> list[int]:
    return [row[0] for row in cursor.execute("SELECT DISTINCT dev FROM sync_commit ORDER BY dev")]


def _check_signatures(
    cursor: Any, known: dict[int, Signer], report: LogReport, anchors: _Anchors
) -> dict[int, Checkpoint]:
    """Signatures of the record itself, and that none is missing; returns the newest of each PC."""
    newest: dict[int, Checkpoint] = {}
    rows = cursor.execute(
        "SELECT dev, number, dseq, hlc, wall, chain, signature FROM sync_checkpoint"
        " ORDER BY dev, number"
    )
    for row in rows.fetchall():
        point = Checkpoint(*row)
        before = newest.get(point.dev)
        report.signatures += 1
        if point.dev not in known or not point.is_signed_by(known[point.dev]):
            report.add(Finding(Trouble.BROKEN, "signature", point.dev, point.dseq))
        if point.number != (before.number if before else 0) + 1:
            report.add(Finding(Trouble.BROKEN, "signatures-missing", point.dev, point.dseq))
        if before is not None and point.dseq <= before.dseq:
            report.add(Finding(Trouble.BROKEN, "signature-order", point.dev, point.dseq))
        anchors.add(Trouble.BROKEN, "not-as-signed", (point.dev, point.dseq), bytes(point.chain))
        newest[point.dev] = point
    return newest


def _check_mirror(
    mirror: Mirror,
    known: dict[int, Signer],
    newest: Checkpoint | None,
    report: LogReport,
    anchors: _Anchors,
) -> None:
    """The files beside the record: each line readable and signed, none missing, all in the log."""
    devs = {signer.device_id: dev for dev, signer in known.items()}
    logs: dict[int, list[tuple[str, Line]]] = {THIS_PC: []}
    """This PC's, and those of whatever it was called before."""
    for place, line in mirror.lines():
        if line is None:
            report.add(Finding(Trouble.UNANCHORED, "mirror-unreadable", place=place))
            continue
        report.mirrored += 1
        dev = devs.get(line.device)
        if dev is None or not _is_genuine(line, known[dev]):
            report.add(Finding(Trouble.BROKEN, "mirror-signature", dseq=line.dseq, place=place))
        elif line.kind == "restored":
            report.restored.append((line.wall, line.dseq))
            logs[dev] = _before_restore(logs.get(dev, []), line.number)
        else:
            logs.setdefault(dev, []).append((place, line))
    for dev, heads in logs.items():
        before: Line | None = None
        for place, line in heads:
            if before is not None and line.number > before.number + 1:
                first = before.dseq + 1
                report.add(Finding(Trouble.UNANCHORED, "mirror-gap", dev, first, place=place))
            anchors.add(Trouble.FORK, "not-as-mirrored", (dev, line.dseq), line.chain)
            before = line
    mirrored = logs[THIS_PC][-1][1].number if logs[THIS_PC] else 0
    if newest is not None and mirrored < newest.number:
        report.add(Finding(Trouble.UNANCHORED, "mirror-behind", dseq=newest.dseq))


def _before_restore(heads: list[tuple[str, Line]], last: int) -> list[tuple[str, Line]]:
    """What still counts when the state up to a number was accepted: of each the later statement."""
    kept: list[tuple[str, Line]] = []
    for place, line in heads:
        while kept and kept[-1][1].number >= line.number:
            kept.pop()
        kept.append((place, line))
    return [each for each in kept if each[1].number <= last]


def _is_genuine(line: Line, signer: Signer) -> bool:
    if line.public != signer.public:
        return False
    if line.kind == "restored":
        return is_signed(line.public, line.restored_statement(), line.signature)
    return line.checkpoint(THIS_PC).is_signed_by(signer)


def _walk(
    cursor: Any, dev: int, report: LogReport, anchors: _Anchors
) -> Iterator[tuple[int, int, bytes]]:
    """Each commit of a PC, its chain checked: number in this record, time, body."""
    previous, expected, last_cid = bytes(32), 1, 0
    signed, redacted = anchors.chains, redactions(cursor)
    for row in cursor.execute(
        "SELECT dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain, cid"
        " FROM sync_commit WHERE dev = ? ORDER BY dseq",
        (dev,),
    ):
        dseq, chain, cid = row[1], row[9], row[10]
        if dseq != expected:
            report.add(Finding(Trouble.BROKEN, "commits-missing", dev, expected))
        elif chain != chain_value(previous, row[:8], row[8], redacted.get((dev, dseq))):
            report.add(Finding(Trouble.BROKEN, "chain", dev, dseq))
        if cid <= last_cid:
            report.add(Finding(Trouble.BROKEN, "order", dev, dseq))
        for trouble, what, anchored in signed.pop((dev, dseq), ()):
            if anchored != chain:
                report.add(Finding(trouble, what, dev, dseq))
        report.commits += 1
        previous, expected, last_cid = chain, dseq + 1, cid
        yield cid, row[3], row[8]
    report.heads[dev] = (expected - 1, bytes(previous))


def _take(
    replay: Replay, report: LogReport, commit: tuple[int, int, bytes], also: Take | None
) -> None:
    dev, cid, body = commit
    try:
        wrote = journal.read_body(body)
        replay.take(cid, *wrote)
        if also is not None:
            also(dev, cid, *wrote)
    except UNREADABLE:
        report.add(Finding(Trouble.BROKEN, "body", dev, 0, place=f"commit {cid}"))


def _check_ends(report: LogReport, anchors: _Anchors, signed_to: dict[int, int]) -> None:
    """What is signed and not there was cut off; what is there and not signed is only young."""
    for (dev, dseq), left in anchors.chains.items():
        for trouble, what, _chain in left:
            worse = max(trouble, Trouble.FORK if what == "not-as-mirrored" else Trouble.BROKEN)
            report.add(Finding(Trouble(worse), "commits-cut-off", dev, dseq))
    for dev, (dseq, _chain) in report.heads.items():
        if dseq > signed_to.get(dev, 0):
            first = signed_to.get(dev, 0) + 1
            report.add(Finding(Trouble.UNANCHORED, "not-signed-yet", dev, first))


def _difference(cursor: Any, cid: int, table: str, pk: bytes) -> Finding:
    row = cursor.execute("SELECT dev, dseq FROM sync_commit WHERE cid = ?", (cid,)).fetchone()
    dev, dseq = row or (THIS_PC, 0)
    name = str(uuid.UUID(bytes=pk)) if len(pk) == 16 else ""
    return Finding(Trouble.BROKEN, "row" if cid else "row-unknown", dev, dseq, table, name)
