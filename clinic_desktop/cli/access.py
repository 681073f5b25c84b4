"""Signing in from the command line."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from clinic_desktop import clinic, i18n
from clinic_desktop.config import DataDir
from clinic_desktop.errors import CodeNeededError, SetupError, ValidationError, WrongPasswordError
from clinic_desktop.i18n import _
from clinic_desktop.security import vault_file

PASSWORD_VARIABLE = "CLINIC_PASSWORD"  # noqa: S105 - the name of a variable
NEW_PASSWORD_VARIABLE = "CLINIC_NEW_PASSWORD"  # noqa: S105 - the name of a variable

CODE_VARIABLE = "CLINIC_CODE"


def password(prompt: str) -> str:
    """From the environment, or asked for without echo.

    Raises:
        WrongPasswordError: there is nobody to ask.
    """
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise WrongPasswordError(
            _("A password is needed."),
            hint=_("Set {variable}, or run the command in a terminal.").format(
                variable=PASSWORD_VARIABLE
            ),
        )
    return getpass.getpass(prompt)


def own_password(login: str) -> str:
    """What somebody will sign in with here: as for a new person, or that of the other PC.

    Raises:
        ValidationError: there is nobody to ask, or the two are not the same.
    """
    given = os.environ.get(PASSWORD_VARIABLE)
    named = NEW_PASSWORD_VARIABLE in os.environ
    return given if given is not None and not named else new_password(login)


def new_password(login: str) -> str:
    """From the environment, or asked for twice.

    Raises:
        ValidationError: there is nobody to ask, or the two are not the same.
    """
    given = os.environ.get(NEW_PASSWORD_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ValidationError(
            "password",
            _("A password for the new person is needed."),
            hint=_("Set {variable}, or run the command in a terminal.").format(
                variable=NEW_PASSWORD_VARIABLE
            ),
        )
    first = getpass.getpass(_("New password of {login}: ").format(login=login))
    if getpass.getpass(_("The same again: ")) != first:
        raise ValidationError("password", _("The two passwords are not the same."))
    return first


@contextmanager
def open_clinic(options: argparse.Namespace, data_dir: DataDir) -> Iterator[clinic.Clinic]:
    """The open clinic of this command; closed at the end whatever happens."""
    login = options.user or only_user(data_dir)
    typed = password(_("Password of {login}: ").format(login=login))
    code = os.environ.get(CODE_VARIABLE, "")
    try:
        opened = clinic.open_clinic(data_dir, login, typed, code=code)
    except CodeNeededError:
        if not sys.stdin.isatty():
            raise
        # Shown while it is typed: it is over in half a minute.
        opened = clinic.open_clinic(data_dir, login, typed, code=input(_("Code from your phone: ")))
    try:
        if not options.speak:
            i18n.use(opened.language())
        _say_if_only_to_look(opened)
        if opened.lacks_code:
            raise CodeNeededError(
                _("Your practice asks for a code from everybody with your role."),
                kept=_("Nothing was changed."),
                hint=_("Sign in at the window once: it shows how to switch the code on."),
            )
        yield opened
    finally:
        opened.close()


def _say_if_only_to_look(opened: clinic.Clinic) -> None:
    """Beside the result, which goes elsewhere: what reads goes on, what writes will be refused."""
    why = opened.store.gate.halt
    if why is None:
        return
    way_back = opened.backup_before_upgrade
    words = _("The backup made before the upgrade: {file}").format(file=way_back)
    for part in (why.message, why.hint, words if way_back else ""):
        if part:
            print(part, file=sys.stderr)


def only_user(data_dir: DataDir) -> str:
    """Who signs in where nobody was named.

    Raises:
        SetupError: it could be several people.
    """
    if not clinic.exists(data_dir):
        return ""
    slots = vault_file.load(data_dir.vault).slots
    if len(slots) != 1:
        raise SetupError(
            _("Several people can sign in here."), hint=_("Say who with --user LOGIN.")
        )
    return slots[0].login
