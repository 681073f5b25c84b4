"""Backups on the command line: ``backup`` and ``restore``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli.access import new_password, open_clinic, password
from clinic_desktop.cli.recovery import typed
from clinic_desktop.cli.stages import StageTeller
from clinic_desktop.config import DataDir
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _, current, isolate

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.restore import Restored


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``backup`` and ``restore``."""
    backup = commands.add_parser(
        "backup", parents=[common], help="make a backup file and bring it back on trial"
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="a new *.clinicbackup, or a folder")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser(
        "restore", parents=[common], help="bring a backup back, with the recovery sheet"
    )
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--into", type=Path, required=True, metavar="DIR", help="an empty folder")
    restore.add_argument("--login", default="", help="the owner who gets a new password")
    restore.add_argument(
        "--with-password",
        action="store_true",
        help="without the sheet, by the owner's password; only on the PC that made the backup",
    )
    restore.set_defaults(run=_restore)


def _backup(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    with open_clinic(options, data_dir) as opened:
        made = opened.back_up(options.file.absolute(), StageTeller(output))
    output.result(
        {"file": str(made.path), "bytes": made.size, "made_at": made.made_at, "verified": True},
        _("The backup {file} was brought back on trial without a fault.").format(file=made.path),
        _("It opens with the recovery sheet. Keep both, away from this PC and from each other."),
    )


def _restore(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.restore import Way, owners, restore

    logins = owners(options.file)
    login = options.login or (logins[0] if len(logins) == 1 else "")
    if not login:
        raise ValidationError(
            "login",
            _("Several owners are in this backup: {logins}.").format(logins=", ".join(logins)),
            hint=_("Say who gets in with --login NAME."),
        )
    if options.with_password:
        way = Way(login, password(_("Password of {login}: ").format(login=login)), None, data_dir)
    else:
        way = Way(login, "", typed())
        way = Way(login, new_password(login), way.recovery)
    found = restore(options.file, DataDir(options.into.absolute()), way, StageTeller(output))
    output.result(_as_data(found), *_sentences(found, by_sheet=way.recovery is not None))


def _as_data(found: Restored) -> dict[str, object]:
    return {
        "data_dir": str(found.data_dir.root),
        "practice": found.practice,
        "made_at": found.made_at,
        "login": found.login,
        "need_new_password": list(found.without_password),
    }


def _sentences(found: Restored, *, by_sheet: bool) -> list[str]:
    told = [
        _("The record of “{practice}” as of {moment} is in {folder}.").format(
            practice=found.practice,
            moment=isolate(current().datetime(found.made_at)),
            folder=found.data_dir.root,
        )
    ]
    if by_sheet:
        told.append(
            _(
                "{login} signs in with the new password. The recovery sheet made that possible; it "
                "stays valid, so print a new one now that it was used."
            ).format(login=found.login)
        )
    told += found.elsewhere
    if found.without_password:
        told.append(
            _("These people need new passwords, which an owner gives them: {logins}.").format(
                logins=", ".join(found.without_password)
            )
        )
    return told
