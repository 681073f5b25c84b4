"""Which printer, paper and copies each kind of document uses on this PC."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.printing.catalogue import KINDS
from clinic_desktop.printing.paper import PAPERS
from clinic_desktop.services.access import command, query

FOLDER = "folder:"
"""A printer name that begins so is a folder that gets PDF files instead."""
MOST_COPIES = 20
_KEY = "printer."


@dataclass(frozen=True)
class PrinterChoice:
    """How one kind of document is printed here. An empty printer is the system's default."""

    kind: str
    printer: str = ""
    paper: str = ""
    copies: int = 1
    preview: bool = False
    offset_x_mm: float = 0.0
    offset_y_mm: float = 0.0


@query("print.read")
def choice(reads: ReadSession, kind: str) -> PrinterChoice:
    """The choice for a kind; the usual one if nobody chose."""
    row = reads.session.get(LocalSetting, _KEY + kind)
    known = PrinterChoice.__dataclass_fields__.keys() - {"kind"}
    stored = row.value if row and isinstance(row.value, dict) else {}
    return PrinterChoice(kind, **{name: stored[name] for name in known & stored.keys()})


@query("print.read")
def choices(reads: ReadSession) -> tuple[PrinterChoice, ...]:
    """The choices for all kinds."""
    return tuple(choice(reads, kind) for kind in KINDS)


@command("print.write")
def choose(uow: UnitOfWork, wish: PrinterChoice) -> None:
    """Keep a choice of this PC.

    Raises:
        ValidationError: no such document or paper for it, or too many copies.
    """
    known = KINDS.get(wish.kind)
    if known is None:
        raise ValidationError("kind", _("There is no such document."))
    if wish.paper and PAPERS.get(wish.paper) not in known.papers:
        raise ValidationError("paper", _("This document is not made for that paper."))
    if not 1 <= wish.copies <= MOST_COPIES:
        raise ValidationError("copies", _("Choose between 1 and 20 copies."))
    value = asdict(wish)
    del value["kind"]
    row = uow.session.get(LocalSetting, _KEY + wish.kind)
    if row is None:
        uow.session.add(LocalSetting(key=_KEY + wish.kind, value=value))
    else:
        row.value = value
