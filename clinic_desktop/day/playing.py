"""Makes a sample clinic, opens the real window on it, and plays the day."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QtMsgType, qInstallMessageHandler

from clinic_desktop import clinic, i18n, start
from clinic_desktop.app import Session
from clinic_desktop.config import DataDir
from clinic_desktop.day.morning import MorningClock
from clinic_desktop.day.story import Step, play
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import Language, _
from clinic_desktop.sample_clinic import create_sample
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.printers import FOLDER, PrinterChoice
from clinic_desktop.services.sample.script import script
from clinic_desktop.ui.core.garbage import WindowCollector

_IN_MEMORY = "This plugin does not support propagateSizeHints()"
"""What Qt says of every window that is drawn into memory: it has no window manager."""
PRINTED = ("prescription", "receipt", "invoice", "appointment-slip")


@dataclass(frozen=True)
class Played:
    """What the day left behind."""

    steps: tuple[Step, ...]
    pictures: tuple[str, ...]
    papers: tuple[str, ...]


def play_day(out: Path, language: str = "en") -> Played:
    """Play the day; pictures and PDFs go to ``out``.

    Raises:
        ClinicError: the day got stuck.
    """
    plan = script(language)
    papers = out / "papers"
    papers.mkdir(parents=True, exist_ok=True)
    i18n.use(Language(plan.language))
    with TemporaryDirectory(prefix="clinic-day-") as folder:
        data_dir = DataDir(Path(folder))
        clock = MorningClock(plan.practice["time_zone"])
        made = create_sample(data_dir, language, clock)
        _print_into(made, papers)
        made.close()
        qInstallMessageHandler(_on_qt_message)
        application = start.make_application(data_dir)
        application.setQuitOnLastWindowClosed(False)
        session = Session(data_dir, plan.staff[0].login, clock)
        collector = WindowCollector(session)
        try:
            session.start()
            steps = play(session, out, plan)
        finally:
            session.close()
            session.window.close()
            collector.stop()
            qInstallMessageHandler(None)
    found = tuple(sorted(str(path) for path in papers.glob("*.pdf")))
    if len(found) < 2:
        raise ClinicError(_("The day printed too few papers."), place=str(papers))
    return Played(tuple(steps), tuple(sorted(str(path) for path in out.glob("*.png"))), found)


def _on_qt_message(_kind: QtMsgType, _context: object, message: str) -> None:
    if message != _IN_MEMORY:
        sys.stderr.write(f"{message}\n")


def _print_into(made: clinic.Clinic, folder: Path) -> None:
    """Every paper of the day goes into a folder."""
    for kind in PRINTED:
        choice = PrinterChoice(kind, f"{FOLDER}{folder}")
        made.store.write(made.actor, printers.choose, choice).result()
