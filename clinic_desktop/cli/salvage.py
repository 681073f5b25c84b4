"""What can be saved of a damaged record: ``salvage``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import only_user, password
from clinic_desktop.config import DataDir
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output

LOSSES = 33
_CODES = {LOSSES: "Saved, but some rows are lost; the report names each."}
_SHOWN = 20


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``salvage``."""
    salvage = exit_codes.add_parser(
        commands,
        "salvage",
        "salvage",
        _CODES,
        parents=[common],
        help="save what can be read of a damaged record",
    )
    where = salvage.add_mutually_exclusive_group(required=True)
    where.add_argument("--into", type=Path, metavar="DIR", help="into another, empty folder")
    where.add_argument(
        "--replace", action="store_true", help="in its place; the damaged file is kept beside it"
    )
    salvage.add_argument("--backup", type=Path, metavar="FILE", help="fill gaps from this backup")
    salvage.set_defaults(run=_salvage)


def _salvage(options: argparse.Namespace, data_dir: DataDir, output: Output) -> int:
    from clinic_desktop.salvage import save_what_can_be_read, summary

    login = options.user or only_user(data_dir)
    secret = password(_("Password of {login}: ").format(login=login))
    done = save_what_can_be_read(
        data_dir, login, secret,
        lambda table: output.progress(_("Reading {table}…").format(table=table)),
        into=DataDir(options.into.absolute()) if options.into else None,
        backup=options.backup,
    )  # fmt: skip
    found = done.found
    output.result(
        asdict(found)
        | {
            "data_dir": str(done.data_dir.root),
            "damaged": str(done.kept),
            "backup": str(done.backup or ""),
            "report": str(done.report),
        },
        summary(found),
        *(f"{row.table} {row.row or '?'} {row.patient}".rstrip() for row in found.lost[:_SHOWN]),
        *(_("unknown how much: {table}").format(table=table) for table in found.cut_tables),
        _("The saved record is in {folder}; the damaged one is kept in {kept}.").format(
            folder=done.data_dir.root, kept=done.kept
        ),
        _("The whole list is in {file}.").format(file=done.report),
    )
    return LOSSES if found.lost or found.cut_tables else 0
