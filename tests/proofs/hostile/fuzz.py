"""T16: real files with random changes never harm the program: taken, or refused with a sentence."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

from clinic_desktop.confined import reading
from clinic_desktop.domain.codes import System
from clinic_desktop.services.packs.pack import Concept, PackInfo, write_pack
from tests.proofs.hostile.bombs import _pdf_page, take
from tests.proofs.result import Result

_WORDS = (b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"[" * 40, b'"', b"1e999", b"/Length", b"\n")
_LINE = (
    b'{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType":'
    b' "Patient", "id": "1", "name": [{"family": "Kamau", "given": ["Amina"]}], "birthDate":'
    b' "1984-03"}}, {"resource": {"resourceType": "Observation", "id": "2", "status": "final",'
    b' "subject": {"reference": "Patient/1"}, "code": {"text": "Weight"}, "valueQuantity":'
    b' {"value": 70.5, "unit": "kg"}}}]}\n'
)


def samples() -> list[tuple[str, bytes]]:
    """One sound file of each kind."""
    picture = Image.effect_noise((96, 64), 60).convert("RGB")
    found = [("a.json", _LINE), ("a.jsonl", _LINE * 3)]
    found += [("a.jsonl.xz", lzma.compress(_LINE)), ("a.ndjson.gz", gzip.compress(_LINE))]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.json", _LINE)
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
    return bytes(out)


def prove(size: int, seed: int, _jobs: int) -> Result:
    """``size`` changed files of all kinds in turn."""
    failures: list[str] = []
    found = samples()
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            name, content = found[number % len(found)]
            data = changed(content, random.Random(seed * 1_000_003 + number))
            try:
                refused += bool(take(name, data, Path(folder)))
            except Exception as error:  # noqa: BLE001 - that is what we look for
                failures.append(f"{name}: {error!r}, number {number} of seed {seed}")
    print(f"{refused} refused, {size - refused - len(failures)} taken")
    reading.shared.close()
    reading.bulk.close()
    return Result("T16", size - len(failures), failures, seed)
