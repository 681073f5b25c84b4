"""Which printer, paper and copies each kind of document uses on this PC."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.printing.catalogue import KINDS, DocumentKind
from clinic_desktop.printing.paper import PAPERS
from clinic_desktop.printing.raster import HEADS
from clinic_desktop.services.access import command, query

FOLDER = "folder:"
"""A printer name that begins so is a folder that gets PDF files instead."""
THERMAL = "thermal:"
"""A printer name that begins so is a thermal printer and where it is: host and port, or a path."""
RAW_PORT = 9100
"""Where printers in a network take bytes as they are."""
MOST_COPIES = 20
_LONGEST_ADDRESS = 200
_KEY = "printer."


@dataclass(frozen=True)
class PrinterChoice:
    """How one kind of document is printed here. An empty printer is the system's default."""

    kind: str
    printer: str = ""
    paper: str = ""
    copies: int = 1
    preview: bool = False
    opens_drawer: bool = False
    """Whether the printer opens the cash drawer when cash changes hands; thermal printers do."""
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
        ValidationError: no such document or paper for it, too many copies, or a thermal printer
            without an address or for paper that is no receipt roll.
    """
    known = KINDS.get(wish.kind)
    if known is None:
        raise ValidationError("kind", _("There is no such document."))
    if wish.paper and PAPERS.get(wish.paper) not in known.papers:
        raise ValidationError("paper", _("This document is not made for that paper."))
    if not 1 <= wish.copies <= MOST_COPIES:
        raise ValidationError("copies", _("Choose between 1 and 20 copies."))
    if wish.printer.startswith(THERMAL):
        _check_thermal(wish, known)
    value = asdict(wish)
    del value["kind"]
    row = uow.session.get(LocalSetting, _KEY + wish.kind)
    if row is None:
        uow.session.add(LocalSetting(key=_KEY + wish.kind, value=value))
    else:
        row.value = value


def _check_thermal(wish: PrinterChoice, known: DocumentKind) -> None:
    if (wish.paper or known.default_paper.key) not in HEADS:
        raise ValidationError("paper", _("A thermal printer prints on a roll only."))
    if not _is_address(wish.printer.removeprefix(THERMAL)):
        raise ValidationError(
            "printer",
            _("This is no address of a printer."),
            hint=_("Write its address in the network, such as 192.168.1.50:9100, or its device."),
        )


def _is_address(text: str) -> bool:
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_ADDRESS:
        return False
    if "/" in text or "\\" in text:
        return True
    try:
        host_and_port(text)
    except ValueError:
        return False
    return True


def host_and_port(address: str) -> tuple[str, int]:
    """The two halves of a network address; without a port the usual one.

    Raises:
        ValueError: there is no host, or no such port.
    """
    if address.count(":") > 1 and not address.startswith("["):
        return address, RAW_PORT  # IPv6
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, str(RAW_PORT)
    host = host.strip().removeprefix("[").removesuffix("]")
    if not host or not 0 < int(port) < 65536:
        raise ValueError
    return host, int(port)
