"""The recovery sheet: ``recovery verify``, ``recovery use``, ``recovery new``."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from clinic_desktop import clinic
from clinic_desktop.cli.access import new_password, open_clinic
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.security import keys
from clinic_desktop.security.recovery_key import RecoveryKey, parse

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

VARIABLE = "CLINIC_RECOVERY_KEY"


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``recovery verify``, ``recovery use`` and ``recovery new``."""
    recovery = commands.add_parser("recovery", help="the sheet for lost passwords and PCs")
    actions = recovery.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", parents=[common], help="does a sheet open the record?")
    verify.set_defaults(run=_verify)
    use = actions.add_parser("use", parents=[common], help="give an owner a new password with it")
    use.add_argument("--login", required=True)
    use.set_defaults(run=_use)
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
    finally:
        opened.close()
    output.result(
        {"login": options.login, "can_sign_in": slots},
        _("{login} can sign in with the new password.").format(login=options.login),
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
