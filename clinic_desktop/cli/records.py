"""Records of other systems, in and out: ``import`` and ``export``."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli.access import open_clinic
from clinic_desktop.cli.output import STOPPED
from clinic_desktop.cli.stages import StageTeller
from clinic_desktop.errors import BadFileError
from clinic_desktop.i18n import _, ngettext

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir
    from clinic_desktop.services.fhir.importing import ImportReport, Progress

_BAD_FILES = BadFileError.exit_code
"""Of an import, when at least one file could not be taken."""
_TELL_EVERY = 5_000


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``import`` and ``export``."""
    bring = commands.add_parser("import", parents=[common], help="bring records in (FHIR R4)")
    bring.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    bring.add_argument("--dry-run", action="store_true", help="say what would happen")
    bring.set_defaults(run=_import)
    take = commands.add_parser(
        "export", parents=[common], help="write the medical records to a folder"
    )
    take.add_argument(
        "--format",
        choices=("fhir", "deidentified"),
        default="fhir",
        help="everything as FHIR, or CSV without names for research and reports",
    )
    take.add_argument(
        "--dates",
        choices=("year", "shift"),
        default="year",
        help="of what has no names: years only, or days moved by person",
    )
    take.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    take.set_defaults(run=_export)


def _import(options: argparse.Namespace, data_dir: DataDir, output: Output) -> int:
    from clinic_desktop.backups import Backups
    from clinic_desktop.services.backups.ledger import Reason
    from clinic_desktop.services.fhir.importing import import_files

    with open_clinic(options, data_dir) as opened, _stopped_by_ctrl_c() as cancel:
        if not options.dry_run:
            Backups(opened).before(Reason.IMPORT, StageTeller(output))
        report = import_files(
            opened.store,
            opened.actor,
            options.paths,
            dry_run=options.dry_run,
            on_progress=_teller(output),
            cancel=cancel,
        )
        stopped = cancel.is_set() and not report.errors
    output.result(_as_json(report), *_sentences(report))
    return STOPPED if stopped else _BAD_FILES if report.errors else 0


@contextmanager
def _stopped_by_ctrl_c() -> Iterator[threading.Event]:
    """Set at the first Ctrl+C, so that what is being written is finished and told."""
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancel
        return

    def stop(_signal: int, _frame: object) -> None:
        cancel.set()
        signal.signal(signal.SIGINT, before)  # the second one ends the program at once

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


def _as_json(report: ImportReport) -> dict[str, object]:
    return {
        "imported": report.imported,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "kept": report.kept,
        "errors": [asdict(error) for error in report.errors],
        "dry_run": report.is_dry_run,
        "cancelled": report.was_cancelled,
    }


def _teller(output: Output) -> Callable[[Progress], None]:
    told = [0]

    def tell(progress: Progress) -> None:
        if progress.phase == "writing" and progress.done - told[0] >= _TELL_EVERY:
            told[0] = progress.done
            output.progress(
                _("{done} of {total} written").format(done=progress.done, total=progress.total)
            )

    return tell


def _sentences(report: ImportReport) -> list[str]:
    lines = [_("Nothing was written: this was a dry run.")] if report.is_dry_run else []
    for kind, count in report.imported.items():
        lines.append(_("Imported {kind}: {count}").format(kind=kind, count=count))
    for kind, count in report.updated.items():
        lines.append(_("Updated {kind}: {count}").format(kind=kind, count=count))
    if report.unchanged:
        lines.append(
            ngettext(
                "{count} resource was there already.",
                "{count} resources were there already.",
                report.unchanged,
            ).format(count=report.unchanged)
        )
    for kind, count in report.kept.items():
        lines.append(_("Kept as it came: {kind}: {count}").format(kind=kind, count=count))
    for error in report.errors:
        place = f"{error.file}:{error.line}" if error.line else error.file
        lines.append(_("Not imported: {place}: {reason}").format(place=place, reason=error.reason))
    if report.was_cancelled and not report.errors:
        lines.append(
            _("Stopped. What was imported stays; importing the same again goes on from there.")
        )
    return lines


def _export(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.fhir.exporting import export_folder

    if options.format == "deidentified":
        _export_deidentified(options, data_dir, output)
        return
    with open_clinic(options, data_dir) as opened:
        counts = export_folder(opened.store, opened.actor, options.out)
    total = sum(counts.values())
    output.result(
        {"exported": counts, "folder": str(options.out)},
        *(f"{kind}: {count}" for kind, count in counts.items()),
        ngettext(
            "{count} resource written to {folder}.", "{count} resources written to {folder}.", total
        ).format(count=total, folder=options.out),
    )


def _export_deidentified(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.domain.deidentifying import Dates
    from clinic_desktop.services.privacy.deidentified import export_deidentified, warnings

    with open_clinic(options, data_dir) as opened:
        dates = Dates(options.dates)
        told = export_deidentified(opened.store, opened.actor, options.out, dates)
    output.result(
        asdict(told),
        *(f"{table}: {count}" for table, count in told.rows.items()),
        *warnings(told),
    )
