"""Exchange by files: whole or not at all, once or many times, by whatever way round."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import clinic
from clinic_desktop.bundle_taking import Imported, import_bundle
from clinic_desktop.bundle_writing import export_bundle, files_here
from clinic_desktop.cli import run
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import (
    BadFileError,
    CopiedRecordError,
    RuleError,
    SetupError,
    StoppedError,
    StorageError,
)
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import documents
from clinic_desktop.services.documents import AddDocument
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.file_ways import Where
from clinic_desktop.sync import bundle
from tests.support.records import PASSWORD
from tests.sync.conftest import CANARY, add_patient, patients, rows
from tests.sync.test_files import SCAN, add_scan, content, listed, patient


@dataclass
class Pair:
    """Two PCs that no line joins, and a stick."""

    root: Path
    front: Clinic
    back: Clinic

    @property
    def stick(self) -> Path:
        return self.root / "stick.clinicbundle"

    def carry(self, source: Clinic, target: Clinic) -> Imported:
        export_bundle(source, self.stick)
        return import_bundle(target, self.stick)


@pytest.fixture
def pair(template: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Pair]:
    opened = []
    for name in ("front", "back"):
        shutil.copytree(template / name, tmp_path / name)
        opened.append(clinic.open_clinic(DataDir(tmp_path / name), "ana", PASSWORD, clock))
    yield Pair(tmp_path, *opened)
    for each in opened:
        each.close()


def names(pc: Clinic) -> list[str]:
    return [str(row[1]) for row in patients(pc)]


def test_work_goes_both_ways_on_a_stick_and_twice_is_nothing(pair: Pair) -> None:
    add_patient(pair.front, "Ada")
    add_patient(pair.back, "Bea")
    assert pair.carry(pair.front, pair.back).received > 0
    again = import_bundle(pair.back, pair.stick)
    assert (again.received, again.segments, again.left) == (0, 0, 0)
    assert CANARY.encode() not in pair.stick.read_bytes()
    pair.carry(pair.back, pair.front)
    assert patients(pair.front) == patients(pair.back)
    assert names(pair.front) == ["Ada", "Bea"]


def test_a_stick_carries_what_a_third_pc_never_saw_itself(
    pair: Pair, template: Path, clock: FixedClock
) -> None:
    """What the first PC wrote reaches an older state of the second through the newer one."""
    shutil.copytree(template / "front", pair.root / "twin")
    add_patient(pair.back, "Bea")
    pair.carry(pair.back, pair.front)
    bundled = pair.root / "onwards.clinicbundle"
    export_bundle(pair.front, bundled)
    twin = clinic.open_clinic(DataDir(pair.root / "twin"), "ana", PASSWORD, clock)
    try:
        # The twin is the first PC as it was before: the stick knows more of it than itself.
        before = rows(twin, "SELECT count(*) FROM sync_segment")
        with pytest.raises(CopiedRecordError):
            import_bundle(twin, bundled)
        assert rows(twin, "SELECT count(*) FROM sync_segment") == before
        assert names(twin) == []
    finally:
        twin.close()


def test_a_torn_or_forged_file_is_refused_whole(pair: Pair) -> None:
    add_patient(pair.front, "Ada")
    export_bundle(pair.front, pair.stick)
    whole = pair.stick.read_bytes()
    held = "SELECT count(*) FROM sync_segment"
    before = rows(pair.back, held)
    places = {0, 10, len(bundle.MAGIC), len(bundle.MAGIC) + 2, 300, len(whole) // 2}
    for at in sorted(places | {len(whole) - 65, len(whole) - 1}):
        pair.stick.write_bytes(whole[:at])
        with pytest.raises(BadFileError):
            import_bundle(pair.back, pair.stick)
        pair.stick.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(BadFileError):
            import_bundle(pair.back, pair.stick)
    for wrong in (whole + b"\0", whole + whole, bundle.MAGIC, b"PK\3\4" + bytes(500)):
        pair.stick.write_bytes(wrong)
        with pytest.raises(BadFileError):
            import_bundle(pair.back, pair.stick)
    assert rows(pair.back, held) == before
    assert names(pair.back) == []
    pair.stick.write_bytes(whole)
    assert import_bundle(pair.back, pair.stick).received > 0


def test_whoever_signs_the_file_anew_forges_no_segment(pair: Pair) -> None:
    add_patient(pair.front, "Ada")
    export_bundle(pair.front, pair.stick)
    found = bundle.open_bundle(pair.stick)
    segments = [each.raw for each in found.segments()]
    changed = segments[-1][:-1] + bytes([segments[-1][-1] ^ 1])
    stranger = Identity.new()
    head = bundle.Head(
        1, found.head.clinic, bytes(16), stranger.public.signing, 0, found.head.upto, 0,
        len(segments),
    )  # fmt: skip
    for parts in ([*segments[:-1], changed], [segments[0], *segments[2:], segments[1]]):
        file = BytesIO()
        bundle.write(file, head, parts, stranger)
        pair.stick.write_bytes(file.getvalue())
        with pytest.raises(BadFileError, match="changed it"):
            import_bundle(pair.back, pair.stick)
    assert names(pair.back) == []


def test_parts_go_on_where_the_one_before_ended(pair: Pair) -> None:
    for number in range(4):
        add_patient(pair.front, f"Ada {number}")
        export_bundle(pair.front, pair.stick)  # each seals what is new by itself
    whole = pair.stick.stat().st_size
    parts: list[Path] = []
    more = True
    while more:
        part = pair.root / f"{len(parts)}.clinicbundle"
        before = parts[-1] if parts else None
        made = export_bundle(pair.front, part, bundle.SPARE + whole // 2, before)
        assert part.stat().st_size == made.size <= bundle.SPARE + whole // 2
        more = made.more
        parts.append(part)
    assert len(parts) > 1
    assert import_bundle(pair.back, parts[-1]).left > 0
    assert names(pair.back) == []
    for part in parts:
        assert import_bundle(pair.back, part).left == 0
    assert len(names(pair.back)) == 4
    assert export_bundle(pair.back, pair.stick).more is False
    answer = export_bundle(pair.front, pair.root / "rest.clinicbundle", after=pair.stick)
    assert answer.segments == 0


def test_a_full_stick_is_left_without_a_broken_file(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_bundle(pair.front, pair.stick)
    before = pair.stick.read_bytes()
    add_patient(pair.front, "Ada")
    with pytest.raises(StorageError, match="no room"):
        export_bundle(pair.front, pair.stick, bundle.SPARE)

    def full(*_anything: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="no room"):
        export_bundle(pair.front, pair.stick)
    assert pair.stick.read_bytes() == before
    assert [each.name for each in pair.root.iterdir() if each.is_file()] == [pair.stick.name]


def test_files_of_others_stay_as_they_are(pair: Pair) -> None:
    letter = pair.root / "letter.odt"
    letter.write_text("Dear colleague")
    with pytest.raises(RuleError):
        export_bundle(pair.front, letter)
    assert letter.read_text() == "Dear colleague"
    with pytest.raises(StorageError):
        export_bundle(pair.front, pair.root / "no such folder" / "x")
    with pytest.raises(StorageError):
        import_bundle(pair.front, pair.root / "nothing")


def test_the_command_line_tells_in_numbers(
    pair: Pair, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    add_patient(pair.front, "Ada")
    for each in (pair.front, pair.back):
        each.close()

    def call(folder: str, *words: str) -> tuple[int, Any]:
        start = ["--data-dir", str(pair.root / folder), "--user", "ana", "--json", "bundle"]
        code = run([*start, *words])
        return code, json.loads(capsys.readouterr().out)

    code, said = call("front", "export", str(pair.stick))
    assert (code, said["more"], said["bytes"]) == (0, False, pair.stick.stat().st_size)
    code, said = call("back", "import", str(pair.stick))
    assert (code, said["left"], said["pending"], said["conflicts"]) == (0, 0, 0, 0)
    assert said["received"] > 0
    pair.stick.write_bytes(pair.stick.read_bytes()[:-7])
    code, said = call("back", "import", str(pair.stick))
    assert (code, said["error"]["code"]) == (13, "bad-file")


def test_a_pc_that_is_alone_has_nobody_to_write_to(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.records import CHEAP

    new = clinic.NewClinic("Alone", "ana", "Dr Ana", PASSWORD)
    made = clinic.create(DataDir(tmp_path / "alone"), new, clock, CHEAP)
    try:
        for work in (export_bundle, import_bundle):
            with pytest.raises(SetupError):
                work(made, tmp_path / "x.clinicbundle")
    finally:
        made.close()


def test_documents_go_along_if_they_are_asked_for(pair: Pair) -> None:
    add_scan(pair.front)
    alone = export_bundle(pair.front, pair.stick)
    import_bundle(pair.back, pair.stick)
    assert (alone.files, listed(pair.back).way.where) == (0, Where.ELSEWHERE)
    asked = pair.root / "asked.clinicbundle"
    export_bundle(pair.back, asked)  # says which documents it lacks
    made = export_bundle(pair.front, pair.stick, after=asked, with_files=True)
    assert made.files == 1
    assert made.size < len(SCAN) + (80 << 10) + alone.size
    assert CANARY.encode() not in pair.stick.read_bytes()
    assert import_bundle(pair.back, pair.stick).files == 1
    assert content(pair.back) == SCAN
    assert import_bundle(pair.back, pair.stick).files == 0
    export_bundle(pair.back, asked)
    assert export_bundle(pair.front, pair.stick, after=asked, with_files=True).files == 0
    assert files_here(pair.front) == (1, len(SCAN))


def test_writing_ends_between_any_two_parts_also_while_it_is_read_back(pair: Pair) -> None:
    add_scan(pair.front)
    asked = 0

    def asked_until(last: int) -> Callable[[], bool]:
        def stopped() -> bool:
            nonlocal asked
            asked += 1
            return asked > last

        return stopped

    made = export_bundle(pair.front, pair.stick, with_files=True, stopped=asked_until(1000))
    whole = pair.stick.read_bytes()
    pieces, every = bundle.open_bundle(pair.stick).head.pieces, asked
    assert pieces > 0
    assert every >= 2 * (pieces + made.segments)  # written, and read back
    for last in range(every):
        asked = 0
        with pytest.raises(StoppedError):
            export_bundle(pair.front, pair.stick, with_files=True, stopped=asked_until(last))
    assert pair.stick.read_bytes() == whole
    assert [each.name for each in pair.root.glob("*.part")] == []


def test_a_document_is_never_half(pair: Pair) -> None:
    add_scan(pair.front)
    export_bundle(pair.front, pair.stick, with_files=True)
    whole = pair.stick.read_bytes()
    at = len(whole) - len(SCAN) // 2
    for torn in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
        pair.stick.write_bytes(torn)
        with pytest.raises(BadFileError):
            import_bundle(pair.back, pair.stick)
    assert rows(pair.back, "SELECT count(*) FROM sync_piece") == [(0,)]
    small = pair.root / "small.clinicbundle"
    room = bundle.SPARE + len(whole) - len(SCAN)
    part = export_bundle(pair.front, small, room, with_files=True)
    assert (part.files, part.more) == (0, True)
    rest = export_bundle(pair.front, pair.stick, after=small, with_files=True)
    assert (rest.files, rest.more) == (1, False)
    assert import_bundle(pair.back, small).files == 0
    assert import_bundle(pair.back, pair.stick).files == 1
    assert content(pair.back) == SCAN


def test_documents_come_in_as_many_parts_as_it_takes(pair: Pair) -> None:
    add_scan(pair.front)
    for number in range(3):
        said = SCAN + bytes([number])
        file = CheckedFile("scan.png", "image/png", said, hashlib.sha256(said).hexdigest(), 1)
        wish = AddDocument(patient(pair.front), file, "A scan")
        pair.front.store.write(pair.front.actor, documents.add_document, wish).result(60)
    part = pair.root / "part0.clinicbundle"
    export_bundle(pair.front, part)
    room = export_bundle(pair.front, pair.stick, after=part).size + len(SCAN) + (100 << 10)
    import_bundle(pair.back, part)
    came: list[int] = []
    more = True
    while more and len(came) < 5:
        name = pair.root / f"part{len(came) + 1}.clinicbundle"
        made = export_bundle(pair.front, name, room, after=part, with_files=True)
        came.append(import_bundle(pair.back, name).files)
        part, more = name, made.more
    assert came == [1, 1, 1, 1]
    nothing = bundle.SPARE + len(SCAN) // 2
    with pytest.raises(StorageError, match="no room"):  # never a file that goes on for ever
        export_bundle(pair.front, name, nothing, after=pair.root / "part2.clinicbundle",
                      with_files=True)  # fmt: skip
