"""The photo of a patient: small, upright, anonymous, and refused if it is none."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import BadFileError
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientEntry, RegisterPatient, UpdatePatient
from clinic_desktop.services.patients.photo import photo_from
from clinic_desktop.services.pictures import PHOTO_BYTES, PHOTO_SIDE
from tests.support.records import Record

ENTRY = PatientEntry(HumanName("Ivanova", "Maria"))


def picture(kind: str = "JPEG", size: tuple[int, int] = (1600, 1200), **options: object) -> bytes:
    noise = Image.effect_noise(size, 90).convert("RGB")
    out = BytesIO()
    noise.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_any_usual_picture_becomes_a_small_jpeg(kind: str) -> None:
    photo = photo_from(picture(kind))
    with Image.open(BytesIO(photo.jpeg)) as kept:
        assert (kept.format, max(kept.size)) == ("JPEG", PHOTO_SIDE)
    assert len(photo.jpeg) <= PHOTO_BYTES


def test_a_sideways_photo_stands_upright_and_forgets_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Camera of Dr Kamau"
    photo = photo_from(picture(exif=exif))
    with Image.open(BytesIO(photo.jpeg)) as kept:
        assert kept.width < kept.height
        assert not kept.getexif()
    assert b"Kamau" not in photo.jpeg


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", b"\xff\xd8\xff\xe0 torn", b"%PDF-1.7\n", b"<svg/>", b"GIF89a"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadFileError):
        photo_from(data)


def test_half_a_picture_is_refused() -> None:
    with pytest.raises(BadFileError):
        photo_from(picture()[:20_000])


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    out = BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(BadFileError):
        photo_from(out.getvalue())


def test_a_photo_is_kept_replaced_and_dropped(record: Record) -> None:
    first, second = photo_from(picture()), photo_from(picture("PNG", (300, 300)))
    maria = record.write(patients.register, RegisterPatient(ENTRY, photo=first))
    assert record.read(patients.banner, maria).photo == first.jpeg
    before = record.read(patients.record_of, maria).entry
    record.write(patients.update, UpdatePatient(maria, before, before, photo=second))
    assert record.read(patients.record_of, maria).photo == second.jpeg
    record.write(patients.update, UpdatePatient(maria, before, before, drops_photo=True))
    assert record.read(patients.record_of, maria).photo == b""


def test_the_same_picture_of_two_people_is_stored_once(record: Record) -> None:
    photo = photo_from(picture())
    for number in range(2):
        entry = replace(ENTRY, note=str(number))
        record.write(patients.register, RegisterPatient(entry, photo=photo))
    assert record.rows("SELECT count(*) FROM blob") == [(1,)]
    assert record.rows("SELECT count(*) FROM attachment") == [(2,)]
