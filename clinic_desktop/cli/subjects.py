"""The whole record of one patient from the command line: ``subject export`` and ``erase``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli.access import open_clinic
from clinic_desktop.cli.patients import patient_id
from clinic_desktop.i18n import _, current, ngettext

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``subject``."""
    subject = commands.add_parser("subject", help="copy or erase the whole record of a patient")
    actions = subject.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser(
        "export", parents=[common], help="write it to a folder: PDF, FHIR R4, rows, documents"
    )
    export.add_argument("id", metavar="ID")
    export.add_argument("--out", type=Path, required=True, metavar="DIR", help="new or empty")
    export.add_argument(
        "--for", dest="recipient", default="", help="who gets it, if not the patient"
    )
    export.add_argument("--purpose", default="", help="what for")
    export.set_defaults(run=_export)
    erase = actions.add_parser(
        "erase", parents=[common], help="erase it, once the law does not keep it any more"
    )
    erase.add_argument("id", metavar="ID")
    erase.add_argument("--reason", default="", help="why, in a few words")
    erase.add_argument("--dry-run", action="store_true", help="say what would happen")
    erase.set_defaults(run=_erase)


def _export(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.privacy.portability import ExportFor, export_person

    kind = "other" if options.recipient else "patient"
    wish = ExportFor(options.recipient, kind, options.purpose)
    with open_clinic(options, data_dir) as opened:
        person = patient_id(options.id)
        copied = export_person(opened.store, opened.actor, person, options.out, wish)
    output.result(
        asdict(copied),
        _("The copy is in {folder}.").format(folder=copied.folder),
        _("The files are not encrypted: whoever has the folder can read them."),
    )


def _erase(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.privacy import erasure

    with open_clinic(options, data_dir) as opened:
        store, actor = opened.store, opened.actor
        person = patient_id(options.id)
        if options.dry_run:
            plan = store.read(actor, erasure.plan, person).result()
            until = current().date(plan.hold.until)
            output.result(
                {
                    "allowed": plan.is_allowed,
                    "kept_until": plan.hold.until.isoformat(),
                    "rows": plan.rows,
                    "bills": [list(map(str, bill)) for bill in plan.bills],
                    "sealed": plan.is_sealed,
                },
                _("The law keeps this chart no more (until {day}).").format(day=until)
                if plan.is_allowed
                else _("This chart must be kept until {day}.").format(day=until),
            )
            return
        words = store.read(actor, erasure.words_of, person).result()
        erased = store.write(actor, erasure.erase, person, options.reason).result()
        left = store.read(actor, erasure.places_of, words).result()
    count = sum(erased.rows.values())
    lines = [
        ngettext("{count} row erased.", "{count} rows erased.", count).format(count=count),
        _("Backups made until now keep everything until they are rotated out."),
    ]
    if left:
        told = ", ".join(f"{table}: {rows}" for table, rows in left.items())
        lines.append(
            _("The same words still stand elsewhere (namesakes, bills that are kept): {places}")
            .format(places=told)
        )  # fmt: skip
    output.result(
        {
            "rows": erased.rows,
            "commits": erased.commits,
            "files": erased.files,
            "bills": [list(map(str, bill)) for bill in erased.bills],
            "words_left": left,
        },
        *lines,
    )
