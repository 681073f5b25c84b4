"""The clinic day, played through the real window: ``day``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop import i18n
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
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not shown:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        # It says of every window that it has no window manager.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
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
