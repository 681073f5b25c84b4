"""Headless commands; loads no Qt."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from clinic_desktop import __version__, clinic, i18n
from clinic_desktop.cli import (
    day,
    demo,
    maintenance,
    packs,
    papers,
    patients,
    people,
    records,
    setup,
)
from clinic_desktop.cli.output import Output
from clinic_desktop.config import DataDir, default_data_dir
from clinic_desktop.errors import ClinicError

_SUBJECTS = (setup, people, maintenance, patients, papers, records, packs, demo, day)


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object")
    parser = argparse.ArgumentParser(
        prog="clinic-desktop", description="An offline-first clinic record.", parents=[common]
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--data-dir", type=Path, default=None, help="the clinic's data folder")
    parser.add_argument("--user", default="", help="who signs in")
    parser.add_argument("--language", dest="speak", default="", help="language of messages")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for subject in _SUBJECTS:
        subject.register(commands, common)
    return parser


def run(argv: list[str]) -> int:
    """Run one command, or open the window; returns the exit code.

    A known error prints its sentences and exits with its own code; a bug shows its trace.
    """
    options = build_parser().parse_args(argv)
    data_dir = DataDir(options.data_dir or default_data_dir())
    clinic.speak(data_dir)
    if options.speak:
        i18n.use(i18n.Language(options.speak))
    if options.command is None:
        from clinic_desktop.app import run_window

        return run_window(data_dir, options.user)
    output = Output(as_json=options.json, out=sys.stdout, err=sys.stderr)
    try:
        return int(options.run(options, data_dir, output) or 0)
    except ClinicError as error:
        output.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
