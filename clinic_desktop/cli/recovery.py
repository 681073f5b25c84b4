"""The recovery sheet: ``recovery verify``, ``use``, ``restore`` and ``new``."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from clinic_desktop import clinic
from clinic_desktop.after_sheet import of_other_pcs
from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import new_password, open_clinic
from clinic_desktop.cli.server_address import add_server, server_address
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.security import keys
from clinic_desktop.security.recovery_key import RecoveryKey, parse

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

CODES = {
    3: "The server knows no practice of this sheet, or no PC has left keys for it.",
    12: "There already is a clinic in the folder.",
    22: "The server is away, refuses, or says what cannot be.",
}
VARIABLE = "CLINIC_RECOVERY_KEY"


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``recovery`` with its actions."""
    recovery = exit_codes.add_parser(
        commands, "recovery", "recovery", CODES, help="the sheet for lost passwords and PCs"
    )
    actions = recovery.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", parents=[common], help="does a sheet open the record?")
    verify.set_defaults(run=_verify)
    use = actions.add_parser("use", parents=[common], help="give an owner a new password with it")
    use.add_argument("--login", required=True)
    use.set_defaults(run=_use)
    restore = actions.add_parser(
        "restore", parents=[common], help="bring the practice back from its server, with the sheet"
    )
    add_server(restore)
    restore.add_argument("--login", default="", help="the owner who gets a new password")
    restore.add_argument(
        "--incomplete", action="store_true",
        help="make do with what the server has: no PC is left that could bring the rest",
    )  # fmt: skip
    restore.set_defaults(run=_restore)
    new = actions.add_parser("new", parents=[common], help="print another sheet; the old one ends")
    new.set_defaults(run=_new)


def typed() -> RecoveryKey:
    """From the environment, or asked for.

    Raises:
        ValidationError: there is nobody to ask, or a group cannot be right.
    """
    given = os.environ.get(VARIABLE)
    if given is None and not sys.stdin.isatty():
        raise ValidationError(
            "recovery",
            _("The recovery key is needed."),
            hint=_("Set {variable}, or run the command in a terminal.").format(variable=VARIABLE),
        )
    # Shown while it is typed: forty letters are not typed blindly.
    return parse(given if given is not None else input(_("Recovery key: ")))


def _verify(_options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    clinic.refuse_empty(data_dir)
    keys.check_sheet(data_dir, typed())
    output.result({"opens": True}, _("This recovery sheet opens the record."))


def _use(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    recovery, password = typed(), new_password(options.login)
    opened = clinic.recover(data_dir, recovery, options.login, password)
    try:
        slots = [slot.login for slot in opened.keys.vault.slots]
        elsewhere = of_other_pcs(opened.store)
    finally:
        opened.close()
    output.result(
        {"login": options.login, "can_sign_in": slots},
        _("{login} can sign in with the new password.").format(login=options.login),
        *elsewhere,
        _("Print a new recovery sheet with “recovery new”; this one was used."),
    )


def _restore(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.recovering import Wanted, recover_from_server

    sheet, address = typed(), server_address(options)
    login = options.login or options.user
    password = new_password(login or _("the owner"))
    wanted = Wanted(address, sheet, password, login, options.incomplete)
    found = recover_from_server(data_dir, wanted)
    output.result(
        {
            "practice": found.practice,
            "user": found.login,
            "data_dir": str(data_dir.root),
            "received": found.passed.received,
            "waiting": found.passed.open.to_apply + found.passed.unknown,
            "need_new_password": list(found.without_password),
        },
        _("The clinic “{name}” is ready in {folder}.").format(
            name=found.practice, folder=data_dir.root
        ),
        _("{login} can sign in with the new password.").format(login=found.login),
        *found.elsewhere,
        _("Print a new recovery sheet with “recovery new”; this one was used."),
    )


def _new(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    with open_clinic(options, data_dir) as opened:
        made = RecoveryKey.new()
        opened.use_recovery(made)
    output.result({"recovery_key": made.text}, *words(made))


def words(recovery: RecoveryKey) -> tuple[str, ...]:
    """What a person does with a key that stands on the screen this once."""
    return (
        _("Recovery key, shown only now:"),
        recovery.text,
        _("Keep it on paper, away from this PC. It opens the record when passwords are lost."),
    )
