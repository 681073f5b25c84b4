"""Headless commands; loads no Qt."""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TextIO

from clinic_desktop import __version__, i18n, this_pc
from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.output import STOPPED, Output
from clinic_desktop.config import DataDir, default_data_dir
from clinic_desktop.errors import ClinicError, StorageError
from clinic_desktop.i18n import _

_SUBJECTS = {
    "setup": ("init",),
    "users": ("user",),
    "lock": ("lock",),
    "recovery": ("recovery",),
    "backup": ("backup", "restore"),
    "maintenance": ("doctor", "check"),
    "salvage": ("salvage",),
    "audit": ("audit",),
    "patients": ("patient", "search"),
    "subjects": ("subject",),
    "papers": ("print",),
    "records": ("import", "export"),
    "packs": ("pack",),
    "sync": ("sync",),
    "devices": ("device",),
    "joining": ("join",),
    "conflicts": ("conflicts",),
    "bundles": ("bundle",),
    "hub": ("hub",),
    "serve": ("serve", "server"),
    "demo": ("demo",),
    "day": ("day",),
}
"""The modules here, in the order of the help, and the commands that each of them has."""
PACK_SUFFIX = ".clinicpack"


class UsageError(ClinicError):
    """The words given are not a command."""

    code = "usage"
    exit_code = 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as our other errors do, in JSON where that is asked for."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=self.format_usage().strip())


def build_parser(command: str = "") -> argparse.ArgumentParser:
    """All commands with their options; of a known ``command`` only that one's module is loaded.

    A server shall start without the record's modules, which it never needs.
    """
    parser = _Parser(
        prog="clinic-desktop",
        description="An offline-first clinic record. Without a command it opens the window.",
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_leading_options()],
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    # Left out here it keeps what was said before the command.
    common = _json_option(argparse.SUPPRESS)
    asked = [subject for subject, names in _SUBJECTS.items() if command in names]
    for subject in asked or _SUBJECTS:
        import_module(f"clinic_desktop.cli.{subject}").register(commands, common)
    return parser


def _epilog() -> str:
    kinds = sorted(ClinicError.__subclasses__(), key=lambda kind: kind.exit_code)
    codes = [(kind.exit_code, (kind.__doc__ or "").partition(".")[0] + ".") for kind in kinds]
    codes = [(0, "Done."), (1, "A fault of the program."), *codes, (STOPPED, "Stopped by Ctrl+C.")]
    return "\n".join(
        [
            "The password is asked for, or taken from CLINIC_PASSWORD; the code of a phone, where",
            "one is needed, from CLINIC_CODE.",
            "",
            "exit codes:",
            exit_codes.in_words(codes),
        ]
    )


def _json_option(default: object) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--json", action="store_true", default=default, help="print one JSON object"
    )
    return options


def _folder(text: str) -> Path:
    if not text.strip():  # of an unset variable; it must not come to mean the folder one stands in
        raise UsageError(
            _("After --data-dir the name of a folder is missing."),
            hint=_("Name the clinic's folder, or leave --data-dir out for the usual one."),
        )
    return Path(text)


def _leading_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, parents=[_json_option(default=False)])
    options.add_argument("--data-dir", type=_folder, default=None, help="the clinic's data folder")
    options.add_argument("--user", default="", help="who signs in")
    options.add_argument(
        "--language", dest="speak", metavar="LANGUAGE", default="", help="language of messages"
    )
    return options


def _parse(argv: list[str]) -> argparse.Namespace:
    """The options; the commands are loaded only where one is given, for the window starts often."""
    window = argparse.ArgumentParser(
        add_help=False, exit_on_error=False, parents=[_leading_options()]
    )
    try:
        options, rest = window.parse_known_args(argv)
    except argparse.ArgumentError:
        rest = argv  # the full parser says it, and how it is meant
    is_pack = len(rest) == 1 and rest[0].lower().endswith(PACK_SUFFIX)
    if rest and not is_pack:
        return build_parser(rest[0]).parse_args(argv)
    options.command = None
    options.pack = Path(rest[0]) if is_pack else None  # from a double click
    return options


def run(argv: list[str]) -> int:
    """Run one command, or open the window; returns the exit code.

    A known error prints its sentences and exits with its own code; a bug shows its trace.
    """
    output = Output("--json" in argv, _stream(sys.stdout), _stream(sys.stderr))
    try:
        return _run(_parse(argv), output)
    except ClinicError as error:
        output.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return STOPPED
    except OSError as error:
        return _disk_failed(error, output)


def _run(options: argparse.Namespace, output: Output) -> int:
    data_dir = DataDir(options.data_dir or default_data_dir())
    this_pc.speak(data_dir)
    if options.speak:
        i18n.use(i18n.Language(options.speak))
    if options.command is None:
        from clinic_desktop.cli.window import open_window

        return open_window(data_dir, options.user, options.pack)
    return int(options.run(options, data_dir, output) or 0)


def _stream(stream: TextIO | None) -> TextIO:
    """A stream that takes every letter; a program without a terminal has none at all."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream or io.StringIO()


def _disk_failed(error: OSError, output: Output) -> int:
    told = StorageError(
        _("The disk reported an error: {reason}").format(reason=error.strerror or error),
        place=str(error.filename or ""),
    )
    try:
        if not isinstance(error, BrokenPipeError):  # whoever read our output had enough
            output.error(told)
        sys.stdout.flush()
    except OSError:
        # It is the output that fails; what is left of it must not fail again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return told.exit_code
