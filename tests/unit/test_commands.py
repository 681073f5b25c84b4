"""Which module of the command line has which command."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module

import pytest

from clinic_desktop.cli import _SUBJECTS, build_parser


def _commands(parser: argparse.ArgumentParser) -> list[str]:
    action = next(each for each in parser._actions if isinstance(each.choices, dict))
    return list(action.choices or ())


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_each_module_has_the_commands_that_are_said_of_it(subject: str) -> None:
    parser = argparse.ArgumentParser()
    import_module(f"clinic_desktop.cli.{subject}").register(
        parser.add_subparsers(dest="command"), argparse.ArgumentParser(add_help=False)
    )
    assert tuple(_commands(parser)) == _SUBJECTS[subject]


def test_an_unknown_word_is_answered_with_all_commands() -> None:
    assert _commands(build_parser("nonsense")) == [
        each for one in _SUBJECTS.values() for each in one
    ]


def test_the_server_starts_without_the_record() -> None:
    """A small machine that only relays needs neither the record's tables nor what prints."""
    code = (
        "import sys; from clinic_desktop.cli import build_parser; build_parser('serve')\n"
        "import clinic_desktop.sync.server.serving\n"
        "print([each for each in sys.modules if each.startswith(tuple(sys.argv[1:]))])"
    )
    record = ["clinic_desktop.models", "clinic_desktop.services", "sqlalchemy", "reportlab"]
    done = subprocess.run(
        [sys.executable, "-c", code, *record], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
