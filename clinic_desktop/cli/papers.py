"""Papers from the command line."""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli.access import open_clinic
from clinic_desktop.errors import StorageError, ValidationError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import PAPER_LANGUAGES, _
from clinic_desktop.services.papers import archive
from clinic_desktop.services.papers.making import KINDS_MADE, PaperRequest

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

_SHORT = {"summary": "visit-summary", "slip": "appointment-slip", "label": "person-label"}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``print``."""
    command = commands.add_parser("print", parents=[common], help="make the PDF of a document")
    command.add_argument("kind", choices=sorted({*_SHORT, *KINDS_MADE}))
    command.add_argument("id", help="of a prescription, invoice …; “patient show” lists them")
    command.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")
    command.add_argument("--language", dest="paper_language", choices=PAPER_LANGUAGES, default="")
    command.add_argument("--paper", default="", help="a4, a5, a6, letter, roll-80, roll-58 …")
    command.set_defaults(run=_print)


def _print(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    try:
        subject = uuid.UUID(options.id)
    except ValueError as error:
        raise ValidationError("id", _("This is not an id.")) from error
    kind = _SHORT.get(options.kind, options.kind)
    with open_clinic(options, data_dir) as clinic:
        wish = PaperRequest(kind, subject, options.paper_language, options.paper)
        store, actor = clinic.store, clinic.actor
        ready = store.read(actor, archive.ready, wish).result()
        made, first = ready.made, ready.original_id
        kept = (
            ready.kept_id
            or store.write(actor, archive.keep, made, "PDF", original_id=first, waits=True).result()
        )
        try:
            _put(options.out, made.pdf)
        except OSError as error:
            raise StorageError(
                _("The PDF cannot be written there."),
                kept=_("The paper is kept in the archive."),
                hint=_("Choose another folder."),
                place=str(options.out),
            ) from error
        store.write(actor, archive.came_out, kept).result()
    output.result(
        {"out": str(options.out), "number": made.number, "language": made.language,
         "bytes": len(made.pdf), "archived": str(kept), "copy": first is not None,
         "missing": made.missing},
        _("Written to {path}.").format(path=options.out),
    )  # fmt: skip


def _put(out: Path, pdf: bytes) -> None:
    """A file of that name is replaced whole; a pipe or a device is written to."""
    if out.is_file() or not out.exists():
        replace_file(out.resolve(), pdf)
    else:
        out.write_bytes(pdf)
