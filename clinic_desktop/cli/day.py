"""The clinic day, played through the real window: ``day``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop import i18n
from clinic_desktop.cli.window import has_screen
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``day``."""
    day = commands.add_parser("day", parents=[common], help="play a clinic day, keep its pictures")
    day.add_argument("--out", type=Path, required=True, metavar="DIR")
    day.add_argument("--language", dest="day_language", choices=i18n.LANGUAGES, default="en")
    day.set_defaults(run=_day)


def _day(options: argparse.Namespace, _data_dir: DataDir, output: Output) -> None:
    if not has_screen():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from clinic_desktop.day.playing import play_day

    options.out.mkdir(parents=True, exist_ok=True)
    played = play_day(options.out.resolve(), options.day_language)
    output.result(
        {
            "steps": [{"name": step.name, "acts": step.acts} for step in played.steps],
            "pictures": played.pictures,
            "papers": played.papers,
        },
        _("The day was played: {count} steps.").format(count=len(played.steps)),
        _("Pictures and papers are in {folder}.").format(folder=options.out),
    )
