"""T17: files made to fill the memory or to keep the program busy are refused with a sentence."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from threading import Event

from clinic_desktop.confined import reading
from clinic_desktop.errors import BadFileError, ClinicError
from clinic_desktop.services.backups import confining as confining_backup
from clinic_desktop.services.documents_checks import check_file
from clinic_desktop.services.fhir.confining import ConfinedFiles
from clinic_desktop.services.fhir.files import BadContentError, find_sources
from clinic_desktop.services.packs import confining
from clinic_desktop.services.patients.photo import photo_from
from clinic_desktop.services.practice import small_logo
from tests.proofs.result import Result

Bomb = Callable[[random.Random], tuple[str, bytes]]
"""A file name and the content."""
_MB = 1 << 20
_BASIC = b'{"resourceType": "Basic", "x": '


def _deep_lists(dice: random.Random) -> tuple[str, bytes]:
    depth = dice.randrange(5_000, 2_000_000)
    return "a.json", _BASIC + b"[" * depth + b"]" * depth + b"}"


def _deep_objects(dice: random.Random) -> tuple[str, bytes]:
    depth = dice.randrange(5_000, 500_000)
    return "a.jsonl", _BASIC + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


def _long_line(_dice: random.Random) -> tuple[str, bytes]:
    return "a.jsonl", b"\0" * (65 * _MB)


def _long_word(dice: random.Random) -> tuple[str, bytes]:
    return "a.jsonl", b'{"resourceType": "' + b"A" * dice.randrange(_MB, 60 * _MB) + b'"}'


def _long_number(dice: random.Random) -> tuple[str, bytes]:
    return "a.jsonl", _BASIC + b"9" * dice.randrange(_MB, 8 * _MB) + b"}}"


def _xz_line(_dice: random.Random) -> tuple[str, bytes]:
    return "a.jsonl.xz", lzma.compress(_BASIC + b'"' + b"0" * (100 * _MB) + b'"}', preset=0)


def _xz_lines(_dice: random.Random) -> tuple[str, bytes]:
    return "a.jsonl.xz", lzma.compress((_BASIC + b'"' + b"0" * _MB + b'"}\n') * 70, preset=0)


def _gz_empty_lines(_dice: random.Random) -> tuple[str, bytes]:
    return "a.ndjson.gz", gzip.compress(b"\n" * (100 * _MB), 1)


def _zip_member(_dice: random.Random) -> tuple[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"0" * (100 * _MB))
    return "a.zip", out.getvalue()


def _zip_entries(dice: random.Random) -> tuple[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(dice.randrange(10_001, 15_000)):
            archive.writestr(f"{number}.json", b"{}")
    return "a.zip", out.getvalue()


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _png_declared(dice: random.Random) -> tuple[str, bytes]:
    return "a.png", _png(dice.randrange(20_000, 2**31), dice.randrange(20_000, 2**31), b"x")


def _png_text(_dice: random.Random) -> tuple[str, bytes]:
    packed = zlib.compress(b"0" * (80 * _MB), 1)
    content = b"Comment\0\0" + packed
    chunk = struct.pack(">I", len(content)) + b"zTXt" + content
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + content))
    whole = _png(8, 8, zlib.compress(b"\0" * 8 * 33))
    return "a.png", whole[:33] + chunk + whole[33:]


def _jpeg_declared(dice: random.Random) -> tuple[str, bytes]:
    side = dice.randrange(30_000, 65_500)
    frame = struct.pack(">BHHB", 8, side, side, 3) + b"\x01\x11\0\x02\x11\0\x03\x11\0"
    return "a.jpg", b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def _bmp_declared(dice: random.Random) -> tuple[str, bytes]:
    side = dice.randrange(10_000, 2**30)
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    return "photo.bmp", b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head


def _pdf(*objects: bytes) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def _pdf_pages_ring(_dice: random.Random) -> tuple[str, bytes]:
    catalogue = b"<</Type/Catalog/Pages 2 0 R>>"
    return "a.pdf", _pdf(catalogue, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000000>>")


def _pdf_page(content: bytes, box: bytes = b"[0 0 612 792]", *more: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox %s/Contents 4 0 R/Resources<</XObject<<" % box
    page += b"".join(b"/F%d %d 0 R" % (number, number) for number in range(5, 5 + len(more)))
    stream = b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream"
    packed = zlib.compress(content, 1)
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    catalogue = b"<</Type/Catalog/Pages 2 0 R>>"
    return _pdf(catalogue, pages, page + b">>>>>>", stream % (len(packed), packed), *more)


def _pdf_huge_box(_dice: random.Random) -> tuple[str, bytes]:
    return "a.pdf", _pdf_page(b"0 0 m", b"[0 0 2000000 2000000]")


def _pdf_long_content(_dice: random.Random) -> tuple[str, bytes]:
    return "a.pdf", _pdf_page(b"0 0 9999 9999 re f\n" * (10 * _MB))


def _pdf_forms(_dice: random.Random) -> tuple[str, bytes]:
    """Each form draws the next one many times."""
    forms = []
    for number in range(5, 17):
        inner = b"/F%d Do " % (number + 1) * 20
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F%d %d 0 R>>>>"
        head %= (number + 1, number + 1)
        forms.append(head + b"/Length %d>>\nstream\n%s\nendstream" % (len(inner), inner))
    return "a.pdf", _pdf_page(b"/F5 Do " * 20, b"[0 0 612 792]", *forms)


def _table(_dice: random.Random) -> tuple[str, bytes]:
    head = b"ID;REC_CODE;MKB_CODE;MKB_NAME;ID_PARENT;ADDL_CODE;ACTUAL;DATE\n"
    return "table.csv.xz", lzma.compress(head + b'"' + b"x" * (120 * _MB), preset=0)


BOMBS: tuple[Bomb, ...] = (
    *(_deep_lists, _deep_objects, _long_line, _long_word, _long_number),
    *(_xz_line, _xz_lines, _gz_empty_lines, _zip_member, _zip_entries),
    *(_png_declared, _png_text, _jpeg_declared, _bmp_declared),
    *(_pdf_pages_ring, _pdf_huge_box, _pdf_long_content, _pdf_forms),
    _table,
)


def take(name: str, content: bytes, folder: Path) -> str:
    """Give a file to whoever takes such files; the sentence it is refused with, or nothing."""
    try:
        _give(name, content, folder)
    except (BadFileError, ClinicError) as error:
        return str(error)
    except BadContentError as error:
        return error.reason
    return ""


def _give(name: str, content: bytes, folder: Path) -> None:
    match name.partition(".")[0], Path(name).suffix:
        case "photo", _:
            photo_from(content)
        case "logo", _:
            small_logo(content)
        case _, ".head":
            confining_backup.head(content)
        case _, ".manifest":
            confining_backup.manifest(content)
        case _, ".pdf" | ".png" | ".jpg":
            check_file(content, name)
        case "table" | "pack", _:
            (folder / name).write_bytes(content)
            if not list(confining.table(folder / name)):
                confining.verified(folder / name)
        case _:
            (folder / name).write_bytes(content)
            files = ConfinedFiles(Event())
            for source in find_sources([folder / name], files.members):
                for _part in files.parts(source, checking=True):
                    pass


def prove(size: int, seed: int, _jobs: int) -> Result:
    """``size`` bombs of all kinds in turn; the longest wait of each kind is printed."""
    failures: list[str] = []
    longest: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            bomb = BOMBS[number % len(BOMBS)]
            name, content = bomb(random.Random(seed * 1_000_003 + number))
            began = time.perf_counter()
            said = take(name, content, Path(folder))
            label = bomb.__name__.strip("_")
            longest[label] = max(longest.get(label, 0.0), time.perf_counter() - began)
            if not said:
                failures.append(f"{label}: taken, number {number} of seed {seed}")
    for label, seconds in sorted(longest.items(), key=lambda pair: -pair[1]):
        print(f"{label:<18} {seconds:6.2f} s")
    reading.shared.close()
    reading.bulk.close()
    return Result("T17", size - len(failures), failures, seed)
