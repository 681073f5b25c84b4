"""Sends a finished PDF to a printer or into a folder. Runs off the window's thread.

Pages go as pictures at the printer's own resolution: simple printers know neither Unicode nor
shaping, and no temporary file with a patient's data is ever written.
"""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QMarginsF, QPointF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from clinic_desktop.errors import PrintError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _
from clinic_desktop.printing.reading import opened
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.papers.printers import FOLDER, THERMAL, PrinterChoice
from clinic_desktop.ui.core import thermal

_MOST_DPI, _PREVIEW_DPI = 600, 110
_POINTS = 72
_WITH_ALPHA = QImage.Format.Format_RGBA8888

Picture = tuple[QImage, tuple[float, float]]
"""A page as a picture, and its size in points."""


def printer_names() -> list[str]:
    """The printers that the system knows now."""
    return list(QPrinterInfo.availablePrinterNames())


def target(choice: PrinterChoice) -> str:
    """Where a paper of this choice goes: a printer, a folder, or nowhere (empty)."""
    if choice.printer.startswith((FOLDER, THERMAL)) or choice.printer in printer_names():
        return choice.printer
    if choice.printer:
        return ""  # a printer was chosen and is gone: nobody wants it to come out elsewhere
    return QPrinterInfo.defaultPrinterName()


def send(made: MadePaper, choice: PrinterChoice) -> str:
    """Print; returns where it went.

    Raises:
        PrintError: no such printer, or it refused the pages.
    """
    where = target(choice)
    if where.startswith(FOLDER):
        return str(_to_folder(made, Path(where.removeprefix(FOLDER))))
    if where.startswith(THERMAL):
        address = where.removeprefix(THERMAL)
        thermal.send(made, address, choice, printer_names())
        return address
    if not where:
        raise PrintError(
            _("There is no printer for this document."),
            kept=_("The paper is kept in the archive."),
            hint=_("Choose a printer in the settings, or save the PDF."),
        )
    _to_printer(made.pdf, where, choice)
    return where


def save(made: MadePaper, path: str) -> str:
    """Write the PDF where a person asked for it; returns the place.

    Raises:
        PrintError: it cannot be written there.
    """
    return str(_write(made, Path(path)))


def print_unkept(pdf: bytes, choice: PrinterChoice) -> str:
    """Print what must not lie anywhere but on paper; returns the printer's name.

    Raises:
        PrintError: no printer, or it refused the pages.
    """
    where = target(choice)
    where = QPrinterInfo.defaultPrinterName() if where.startswith(FOLDER) else where
    if not where:
        raise PrintError(
            _("There is no printer for this document."),
            hint=_("Save it as PDF on a stick and print it elsewhere, or write it down by hand."),
        )
    try:
        _to_printer(pdf, where, choice)
    except PrintError as error:  # this paper is not in the archive
        raise PrintError(error.message, hint=error.hint) from error
    return where


def write_unkept(pdf: bytes, path: str) -> str:
    """Write a PDF for this account's eyes only; returns the place.

    Raises:
        PrintError: it cannot be written there.
    """
    try:
        replace_file(Path(path), pdf)
    except OSError as error:
        raise PrintError(
            _("The PDF cannot be written there."), hint=_("Choose another folder."), place=path
        ) from error
    return path


def _to_folder(made: MadePaper, folder: Path) -> Path:
    """Beside what lies there already: a copy never takes the place of the first print."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", f"{made.kind}-{made.number or made.subject_id}")
    path, count = folder / f"{name}.pdf", 1
    while path.exists():
        count += 1
        path = folder / f"{name}-{count}.pdf"
    return _write(made, path)


def _write(made: MadePaper, path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made.pdf)
    except OSError as error:
        raise PrintError(
            _("The PDF cannot be written there."),
            kept=_("The paper is kept in the archive."),
            hint=_("Choose another folder."),
            place=str(path.parent),
        ) from error
    return path


def _to_printer(pdf: bytes, name: str, choice: PrinterChoice) -> None:
    printer = QPrinter(QPrinterInfo.printerInfo(name), QPrinter.PrinterMode.HighResolution)
    printer.setResolution(min(printer.resolution(), _MOST_DPI))
    printer.setCopyCount(choice.copies)
    printer.setFullPage(True)
    painter = QPainter()
    try:
        for number in range(page_count(pdf)):
            image, size = page_picture(pdf, number, printer.resolution())
            _set_page(printer, *size)
            if number == 0 and not painter.begin(printer):
                raise PrintError(
                    _("The printer {name} does not answer.").format(name=name),
                    kept=_("The paper is kept in the archive."),
                    hint=_("Check cable, paper and power, then print it again."),
                )
            if number:
                printer.newPage()
            dots = printer.resolution() / 25.4
            corner = QPointF(choice.offset_x_mm * dots, choice.offset_y_mm * dots)
            painter.drawImage(corner, image)
    finally:
        if painter.isActive():
            painter.end()


def _set_page(printer: QPrinter, width: float, height: float) -> None:
    """The exact size of the page: a roll is cut to its content."""
    size = QPageSize(
        QSizeF(width, height), QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.FuzzyMatch
    )
    printer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF()))


def page_count(pdf: bytes) -> int:
    """How many pages a PDF has."""
    with opened(pdf) as document:
        return len(document)


def pictures(pdf: bytes) -> list[Picture]:
    """Every page, to look at on a screen."""
    return [page_picture(pdf, number, _PREVIEW_DPI) for number in range(page_count(pdf))]


def page_picture(pdf: bytes, number: int, dpi: int) -> Picture:
    """A page."""
    with opened(pdf) as document:
        page = document[number]
        bitmap = page.render(scale=dpi / _POINTS, rev_byteorder=True)
        data, size = bytes(bitmap.buffer), page.get_size()
    colours = QImage.Format.Format_RGB888 if bitmap.n_channels == 3 else _WITH_ALPHA
    image = QImage(data, bitmap.width, bitmap.height, bitmap.stride, colours)
    return image.copy(), size
