"""A new PC of a practice: ``join``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import own_password
from clinic_desktop.cli.devices import AT
from clinic_desktop.cli.server_address import add_server, server_address
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

CODES = {
    3: "The invitation is over, or another PC has answered it.",
    12: "There already is a clinic in the folder.",
    22: "The server is away, refuses, or says what cannot be; nothing was lost.",
}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``join``."""
    join = exit_codes.add_parser(
        commands, "join", "join", CODES, parents=[common],
        help="make an empty folder a PC of a practice",
    )  # fmt: skip
    join.add_argument(
        "code", nargs="?", default="",
        help="of the invitation, as “device invite” shows it; without its @… give --server",
    )  # fmt: skip
    add_server(join, needed=False)
    stick = join.add_mutually_exclusive_group()
    stick.add_argument(
        "--ask", type=Path, metavar="FILE",
        help="without any line: write a request to a stick, and show its code",
    )  # fmt: skip
    stick.add_argument(
        "--answer", type=Path, metavar="FILE",
        help="take the answer, which “device approve CODE --asked FILE --answer FILE” wrote",
    )  # fmt: skip
    join.add_argument(
        "--user", default=argparse.SUPPRESS, metavar="LOGIN", help="the owner who lets the PC in"
    )
    join.set_defaults(run=_join)


def _join(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.half_joining import half_joined
    from clinic_desktop.joining import Joining, join

    if not options.user:
        raise ValidationError("user", _("Say who with --user LOGIN."))
    if options.ask or options.answer:
        _join_by_stick(options, data_dir, output)
        return
    code, _at, server = options.code.partition(AT)
    options.server = options.server or server
    goes_on = not code and half_joined(data_dir)
    if not (options.server or goes_on):
        raise ValidationError("code", _("Give the whole code, or the server with --server URL."))
    address = None if goes_on else server_address(options)
    typed = own_password(options.user)

    def show(digits: str) -> None:
        output.note(
            {"digits": digits},
            _("Type these digits at the other PC: {digits}").format(digits=digits),
        )

    made = join(data_dir, Joining(address, code, options.user, typed), show)
    received = made.passed.received if made.passed is not None else 0
    _say_joined(made.practice, made.login, received, data_dir, output)


def _join_by_stick(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.stick_joining import Asking, ask, finish

    asking = Asking(options.user, own_password(options.user))
    if options.ask:
        code = ask(data_dir, asking, options.ask)
        output.result(
            {"code": code, "file": str(options.ask)},
            code,
            _("Take the stick to a PC of the practice. An owner types this code there: "
              "clinic-desktop device approve CODE --asked FILE --answer FILE"),
        )  # fmt: skip
        return
    made = finish(data_dir, asking, options.answer)
    _say_joined(made.practice, made.login, made.received, data_dir, output)


def _say_joined(
    practice: str, login: str, received: int, data_dir: DataDir, output: Output
) -> None:
    output.result(
        {"practice": practice, "user": login, "data_dir": str(data_dir.root),
         "received": received},
        _("The clinic “{name}” is ready in {folder}.").format(name=practice, folder=data_dir.root),
    )  # fmt: skip
