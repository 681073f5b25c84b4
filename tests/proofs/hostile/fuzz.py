"""T16: real files with random changes never harm the program: taken, or refused with a sentence.

Most are read by a confined process that is given many at a time (``inside``). Each so many, and
each that ends that process, go the program's whole way.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from PIL import Image

from clinic_desktop.confined import reading, words
from clinic_desktop.db.facts import Facts
from clinic_desktop.domain.codes import System
from clinic_desktop.errors import NewerDatabaseError
from clinic_desktop.security import vault_file
from clinic_desktop.security.primitives import Identity, KdfCost
from clinic_desktop.security.vault import Slot, Vault
from clinic_desktop.services.backups.manifest import Head, Manifest, Part
from clinic_desktop.services.packs.pack import Concept, PackInfo, write_pack
from clinic_desktop.services.practice import LOGO_SIDE
from tests.proofs.audit.corpus import remember
from tests.proofs.hostile import inside
from tests.proofs.hostile.bombs import _pdf_page, take
from tests.proofs.hostile.inside import Input, Told
from tests.proofs.result import Result, in_memory, progress

BATCH = 1000
WHOLE_WAY_EACH = 100
"""Each so many files go the program's whole way, too."""
LONGEST = 2.0
"""Seconds of the processor that a changed file may take."""

_WORDS = (b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"[" * 40, b'"', b"1e999", b"/Length", b"\n")
_PNG = b"\x89PNG\r\n\x1a\n"
OWN = ".vault"
"""Key files: the program takes them apart itself."""
_FIRST_VAULT = {
    "format": "clinic-vault", "version": 1, "clinic": uuid.UUID(int=1), "name": "Test",
    "generation": 3, "mac": "", "slots": [{
        "user": uuid.UUID(int=3), "login": "ann", "name": "Ann", "alg": 1,
        "kdf": {"memory_kib": 65536, "passes": 3, "lanes": 1, "salt": bytes(16)},
        "nonce": bytes(24), "sealed": bytes(64),
    }],
}  # fmt: skip
_LINE = (
    b'{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType":'
    b' "Patient", "id": "1", "name": [{"family": "Kamau", "given": ["Amina"]}], "birthDate":'
    b' "1984-03"}}, {"resource": {"resourceType": "Observation", "id": "2", "status": "final",'
    b' "subject": {"reference": "Patient/1"}, "code": {"text": "Weight"}, "valueQuantity":'
    b' {"value": 70.5, "unit": "kg"}}}]}\n'
)


def samples() -> list[tuple[str, bytes]]:
    """One sound file of each kind."""
    picture = Image.frombytes("RGB", (24, 16), random.Random(16).randbytes(24 * 16 * 3))
    found = [("a.json", _LINE), ("a.jsonl", _LINE * 3)]
    found += [("a.jsonl.xz", lzma.compress(_LINE)), ("a.ndjson.gz", gzip.compress(_LINE, mtime=0))]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("a.json"), _LINE, zipfile.ZIP_DEFLATED)
    found.append(("a.zip", archive.getvalue()))
    for name, kind in (
        *(("a.png", "PNG"), ("a.jpg", "JPEG"), ("photo.webp", "WEBP")),
        *(("photo.bmp", "BMP"), ("photo.tiff", "TIFF"), ("logo.png", "PNG")),
    ):
        out = io.BytesIO()
        picture.save(out, kind)
        found.append((name, out.getvalue()))
    found.append(("a.pdf", _pdf_page(b"0 0 m 100 100 l S BT ET")))
    table = "ID;REC_CODE;MKB_CODE;MKB_NAME;ID_PARENT;ADDL_CODE;ACTUAL;DATE\n"
    table += "1;01;A00;Холера;;;1;01.01.2020\n2;02;A00.0;Холера;1;;1;01.01.2020\n"
    found.append(("table.csv", table.encode()))
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "made"
        info = PackInfo("test", "Test", System.ICD10, "1", "en", "here", "free", "2026-01-01")
        write_pack(pack, info, [Concept("I10", "Hypertension"), Concept("A00", "Cholera")])
        found.append(("pack.clinicpack", pack.read_bytes()))
    public = Identity.new().public.sealing
    slot = Slot(uuid.UUID(int=3), "ann", "Ann", KdfCost(), bytes(16), bytes(104), public)
    ways = Vault(uuid.UUID(int=1), uuid.UUID(int=2), "", slots=(slot,))
    ways = ways.with_recovery(bytes(48), public)
    found.append(("backup.head", msgspec.json.encode(Head(ways))))
    for name, file in (("own.vault", ways), ("first.vault", _FIRST_VAULT)):
        found.append((name, msgspec.json.format(msgspec.json.encode(file), indent=1)))
    facts = Facts(7, {"patient": 2}, 3, bytes(32), {"ab" * 16: bytes(32)})
    part = Part("clinic.db", 4096, bytes(32))
    whole = Manifest(datetime(2026, 11, 22, tzinfo=UTC), "0.1.0", "Test", part, (part,), facts)
    found.append(("backup.manifest", msgspec.json.encode(whole)))
    return found


def changed(content: bytes, dice: random.Random) -> bytes:
    """Some bytes turned, cut, doubled or put in."""
    out = bytearray(content)
    for _time in range(dice.randrange(1, 6)):
        place, length = dice.randrange(len(out) + 1), dice.randrange(1, 24)
        match dice.randrange(5):
            case 0 if place < len(out):
                out[place] ^= 1 << dice.randrange(8)
            case 1:
                del out[place : place + length]
            case 2:
                out[place:place] = out[place : place + length] * dice.randrange(1, 5)
            case 3:
                out[place:place] = dice.choice(_WORDS)
            case _:
                out[place : place + length] = dice.randbytes(length)
    # A sum that does not fit is all that a reader of PNG would see: half of them get right ones.
    return summed(out) if out.startswith(_PNG) and dice.randrange(2) else bytes(out)


def summed(png: bytearray) -> bytes:
    """The same with the right check sum in each part, as far as there are parts."""
    at = len(_PNG)
    while at + 12 <= len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        if end + 4 > len(png):
            break
        png[end : end + 4] = zlib.crc32(png[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(png)


def tasks_of(name: str, path: Path) -> tuple[tuple[str, words.Wish], ...]:
    """What the program has the confined process do with such a file."""
    wish: words.Wish = {"path": str(path)}
    match Path(name).suffix:
        case ".zip":
            part: words.Wish = {**wish, "member": "a.json", "checking": 1}
            return ("fhir-members", wish), ("fhir", part)
        case ".csv":
            return (("code-table", wish),)
        case ".head" | ".manifest" | ".clinicpack" as end:
            of_backup = f"backup-{end[1:]}"
            return (("code-pack", wish) if end == ".clinicpack" else (of_backup, {}),)
        case ".pdf":
            return (("document", {"mime": "application/pdf"}),)
        case ".png" | ".jpg" if name.startswith("a."):
            kind = "image/png" if name.endswith("png") else "image/jpeg"
            return (("document", {"mime": kind}),)
        case _ if name.startswith("photo"):
            return (("photo", {}),)
        case _ if name.startswith("logo"):
            return (("logo", {"side": LOGO_SIDE}),)
        case _:
            return (("fhir", {**wish, "member": "", "checking": 1}),)


@dataclass
class Count:
    """What came of the inputs."""

    told: Told = field(default_factory=Told)
    kinds: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    """How the confined process came to its end."""
    failures: list[str] = field(default_factory=list)

    def add(self, told: Told) -> None:
        """Take a batch down."""
        total = self.told
        total.done += told.done
        total.refused += told.refused
        total.given_up += told.given_up
        if told.slowest > total.slowest:
            total.slowest, total.slowest_kind = told.slowest, told.slowest_kind
        total.memory = max(total.memory, told.memory)


class Fuzz:
    """Changed files of all kinds, read in batches; each so many go the program's whole way."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._samples = samples()
        self._child: Child | None = None
        self.count = Count()

    def run(self, size: int) -> None:
        """Read ``size`` files."""
        for first in range(0, size, BATCH):
            if sys.platform == "win32":  # it cannot take its own rights away
                for number in range(first, min(first + BATCH, size)):
                    self._whole_way(number)
                continue
            batch = [self._input(n) for n in range(first, min(first + BATCH, size))]
            self._read([each for each in batch if each.tasks])
            for each in batch:
                if not each.tasks:
                    self._read_here(each)
            for number in range(first, min(first + BATCH, size), WHOLE_WAY_EACH):
                self._whole_way(number)
            if first // BATCH % 100 == 99:
                progress("T16", first + BATCH, size, self.count.failures)
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()
        self._child = None

    def content(self, number: int) -> tuple[str, bytes]:
        """Name and bytes of one input."""
        name, sound = self._samples[number % len(self._samples)]
        return name, changed(sound, random.Random(self._seed * 1_000_003 + number))

    def _input(self, number: int) -> Input:
        name, data = self.content(number)
        self.count.kinds[name] += 1
        path = self._folder / f"{number % BATCH}-{name}"
        tasks = () if name.endswith(OWN) else tasks_of(name, path)
        if tasks and "path" in tasks[0][1]:
            path.write_bytes(data)
            data = b""
        return Input(number, name, tasks, data)

    def _read(self, inputs: list[Input]) -> None:
        while inputs:
            if self._child is None:
                self._child = Child(self._folder)
            told = self._child.read(inputs)
            if told is not None:
                self.count.add(told)
                strange, inputs = told.strange, []
            else:  # it died: what it was reading is the reason
                at, why = self._child.died_at()
                self.count.ended[why] += 1
                strange = [at]
                inputs = [each for each in inputs if each.number > at]
                self._child = None
            for number in strange:
                self._whole_way(number)

    def _read_here(self, each: Input) -> None:
        """A key file, which the program takes apart itself."""
        told, began = Told(slowest_kind=each.kind), time.process_time()
        try:
            vault_file.decoded(each.data)
            told.done = 1
        except (ValueError, RecursionError, NewerDatabaseError):
            told.refused = 1
        except Exception as error:  # noqa: BLE001 - that is what we look for
            self.count.failures.append(
                f"{each.kind}: {error!r}, number {each.number} of seed {self._seed}"
            )
        told.slowest = time.process_time() - began
        self.count.add(told)

    def _whole_way(self, number: int) -> None:
        """As the program itself takes a file: whatever happens, a sentence comes of it."""
        name, data = self.content(number)
        if name.endswith(OWN):
            return  # read here, the whole way
        try:
            take(name, data, self._folder)
        except Exception as error:  # noqa: BLE001 - that is what we look for
            self.count.failures.append(f"{name}: {error!r}, number {number} of seed {self._seed}")


class Child:
    """One confined process that reads batches."""

    def __init__(self, folder: Path) -> None:
        self._mark = folder / "mark"
        self._mark.write_bytes(bytes(8))
        self._process = subprocess.Popen(
            [sys.executable, "-m", inside.__name__, str(self._mark)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def read(self, inputs: list[Input]) -> Told | None:
        """What came of a batch; ``None`` if the process did not live to tell."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            words.send(self._process.stdin, msgspec.msgpack.encode(inputs))
            self._process.stdin.flush()
            frame = words.receive(self._process.stdout)
        except BrokenPipeError:
            return None
        return msgspec.msgpack.decode(frame, type=Told) if frame is not None else None

    def died_at(self) -> tuple[int, str]:
        """The input that ended it, and how."""
        code = self._process.wait()
        why = signal.Signals(-code).name if code < 0 else f"code {code}"
        self.close()
        return int.from_bytes(self._mark.read_bytes(), "big"), why

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


def prove(size: int, seed: int, _jobs: int) -> Result:
    """``size`` changed files of all kinds in turn."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        fuzz = Fuzz(Path(folder), seed)
        try:
            fuzz.run(size)
        finally:
            fuzz.close()
    count, told = fuzz.count, fuzz.count.told
    if told.slowest > LONGEST:
        count.failures.append(f"{told.slowest_kind}: {told.slowest:.1f} s of the processor")
    print(f"{told.done} answered, {told.refused} refused, {told.given_up} cannot be read")
    print(f"slowest {told.slowest:.2f} s ({told.slowest_kind}), memory {told.memory >> 20} MiB")
    print(f"confined processes that ended: {dict(count.ended)}")
    print(f"of each kind: {', '.join(f'{n} {kind}' for kind, n in count.kinds.items())}")
    reading.shared.close()
    reading.bulk.close()
    return remember(Result("T16", size - len(count.failures), count.failures, seed))
