"""Headless commands; loads no Qt."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from clinic_desktop import __version__, i18n, this_pc
from clinic_desktop.cli.output import Output
from clinic_desktop.config import DataDir, default_data_dir
from clinic_desktop.errors import ClinicError

_SUBJECTS = (
    *("setup", "people", "recovery", "maintenance", "patients", "papers", "records", "packs"),
    *("demo", "day"),
)


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    common = _common_options()
    parser = argparse.ArgumentParser(
        prog="clinic-desktop",
        description="An offline-first clinic record.",
        parents=[common, _leading_options()],
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for subject in _SUBJECTS:
        import_module(f"clinic_desktop.cli.{subject}").register(commands, common)
    return parser


def _common_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    return options


def _leading_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--data-dir", type=Path, default=None, help="the clinic's data folder")
    options.add_argument("--user", default="", help="who signs in")
    options.add_argument("--language", dest="speak", default="", help="language of messages")
    return options


def _parse(argv: list[str]) -> argparse.Namespace:
    """The options; the commands are loaded only where one is given, for the window starts often."""
    window = argparse.ArgumentParser(
        add_help=False, exit_on_error=False, parents=[_common_options(), _leading_options()]
    )
    try:
        options, rest = window.parse_known_args(argv)
    except argparse.ArgumentError:
        rest = argv  # the full parser says it, and how it is meant
    if rest:
        return build_parser().parse_args(argv)
    options.command = None
    return options


def run(argv: list[str]) -> int:
    """Run one command, or open the window; returns the exit code.

    A known error prints its sentences and exits with its own code; a bug shows its trace.
    """
    options = _parse(argv)
    data_dir = DataDir(options.data_dir or default_data_dir())
    this_pc.speak(data_dir)
    if options.speak:
        i18n.use(i18n.Language(options.speak))
    if options.command is None:
        from clinic_desktop.app import run_window

        return run_window(data_dir, options.user)
    output = Output(as_json=getattr(options, "json", False), out=sys.stdout, err=sys.stderr)
    try:
        return int(options.run(options, data_dir, output) or 0)
    except ClinicError as error:
        output.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
