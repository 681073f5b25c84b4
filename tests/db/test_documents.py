"""Files in the chart: real ones are kept and read back, others are refused by their content."""

from __future__ import annotations

import io
import uuid

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from clinic_desktop.errors import BadFileError, NotFoundError, ValidationError
from clinic_desktop.services import documents
from clinic_desktop.services.documents import AddDocument
from clinic_desktop.services.documents_checks import check_file
from clinic_desktop.services.pictures import MOST_PIXELS
from tests.support.charts import put_chart
from tests.support.records import Record


def pdf(pages: int = 2, *, password: bool = False) -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption

    out = io.BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption("secret", canPrint=0) if password else None)
    for number in range(pages):
        canvas.drawString(72, 720, f"Chest X-ray, page {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "mime", "pages"),
    [
        (pdf(3), "application/pdf", 3),
        (picture("JPEG"), "image/jpeg", 1),
        (picture("PNG"), "image/png", 1),
    ],
)
def test_a_real_file_is_told_by_its_content(data: bytes, mime: str, pages: int) -> None:
    checked = check_file(data, "C:\\scans\\x-ray\n.exe")
    assert (checked.mime, checked.pages, checked.filename) == (mime, pages, "x-ray.exe")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00 a program",
        b"<html>no</html>",
        picture("GIF"),
        pdf()[:400],
        b"%PDF-1.7 and nothing else",
        pdf(password=True),
        picture("PNG")[:60],
        picture("JPEG")[:200],
        b"\xff\xd8\xff" + bytes(500),
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 500,
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_name(data: bytes) -> None:
    with pytest.raises(BadFileError) as refused:
        check_file(data, "scan.pdf")
    assert refused.value.place == "scan.pdf"
    assert refused.value.hint


def test_a_small_file_that_unpacks_to_a_wall_of_pixels_is_refused() -> None:
    side = int(MOST_PIXELS**0.5) + 1
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    with pytest.raises(BadFileError):
        check_file(out.getvalue(), "bomb.png")


def test_a_document_comes_back_byte_for_byte(record: Record) -> None:
    patient_id, data = record.write(put_chart, 0), pdf()
    wish = AddDocument(patient_id, check_file(data, "x-ray.pdf"), "Chest X-ray", "X-ray")
    added = record.write(documents.add_document, wish)
    (row,) = record.read(documents.documents_of, patient_id)
    assert (row.id, row.title, row.kind, row.mime) == (
        added,
        "Chest X-ray",
        "X-ray",
        "application/pdf",
    )
    assert (row.author, row.size) == ("Dr Amina Kamau", len(data))
    assert record.read(documents.document_content, added).data == data


def test_the_same_bytes_are_kept_once(record: Record) -> None:
    patient_id, file = record.write(put_chart, 0), check_file(picture("PNG"), "a.png")
    for title in ("Front", "Back"):
        record.write(documents.add_document, AddDocument(patient_id, file, title))
    assert record.rows("SELECT count(*) FROM blob") == [(1,)]
    assert len(record.read(documents.documents_of, patient_id)) == 2


def test_a_removed_document_can_come_back(record: Record) -> None:
    patient_id = record.write(put_chart, 0)
    wish = AddDocument(patient_id, check_file(picture("PNG"), "a.png"), "Photo")
    added = record.write(documents.add_document, wish)
    record.write(documents.remove_document, added)
    assert record.read(documents.documents_of, patient_id) == []
    record.write(documents.remove_document, added, restore=True)
    assert len(record.read(documents.documents_of, patient_id)) == 1


def test_imported_texts_are_documents_too(record: Record) -> None:
    patient_id = record.write(put_chart, 1)
    (row,) = record.read(documents.documents_of, patient_id)
    assert (row.title, row.mime) == ("Discharge summary", "")
    assert record.read(documents.document_content, row.id).words == "Sent home well."


def test_a_document_needs_a_title_and_must_exist(record: Record) -> None:
    patient_id = record.write(put_chart, 0)
    nameless = AddDocument(patient_id, check_file(picture("PNG"), "a.png"), " ")
    with pytest.raises(ValidationError):
        record.write(documents.add_document, nameless)
    with pytest.raises(NotFoundError):
        record.read(documents.document_content, uuid.uuid4())
    with pytest.raises(NotFoundError):
        record.write(documents.remove_document, uuid.uuid4())
