"""A day in the real window with somebody whose name stands nowhere else; played in a child.

``python -m tests.proofs.privacy.canary_day WORLD NAME PHONE``; all that the program may write to
lies below ``WORLD``. At the end it tells, as JSON, what it showed and wrote besides files that
stay: window titles, the clipboard, what it gave to the key store, files it opened for writing, and
files it removed with the name in them.
"""

from __future__ import annotations

import copy
import json
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import keyring
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from clinic_desktop import clinic, i18n, logs, start
from clinic_desktop.app import Session
from clinic_desktop.backups import Backups
from clinic_desktop.config import DataDir
from clinic_desktop.day.morning import MorningClock
from clinic_desktop.day.playing import PRINTED
from clinic_desktop.day.story import play
from clinic_desktop.i18n import Language
from clinic_desktop.sample_clinic import create_sample
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.printers import FOLDER, PrinterChoice
from clinic_desktop.services.sample.script import SAMPLE_PASSWORD, Script, script
from clinic_desktop.ui.core import unexpected

WORLD, NAME, PHONE = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
FORMS = (NAME.encode(), NAME.encode("utf-16-le"), NAME.casefold().encode(), NAME.upper().encode())
told: dict[str, list[str]] = {"titles": [], "opened": [], "removed": [], "keys": []}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _hear(event: str, args: tuple[Any, ...]) -> None:
    """Python tells here what it opens and removes."""
    if event == "open" and isinstance(args[0], str):
        if isinstance(args[2], int) and args[2] & _WRITES:
            told["opened"].append(args[0])
    elif event == "os.remove" and isinstance(args[0], str | os.PathLike):
        path = Path(args[0])
        if path.is_file() and any(form in path.read_bytes() for form in FORMS):
            told["removed"].append(str(path))


sys.addaudithook(_hear)


class Titles(QObject):
    """Hears what every window is called."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note a new title."""
        if event.type() == QEvent.Type.WindowTitleChange and isinstance(watched, QWidget):
            told["titles"].append(watched.windowTitle())
        return False


def _listen_to_key_store() -> None:
    keep = keyring.set_password

    def heard(service: str, name: str, value: str) -> None:
        told["keys"].append(f"{service} {name} {value}")
        keep(service, name, value)

    keyring.set_password = heard  # type: ignore[assignment]


def _plan() -> Script:
    plain = script("en")
    data = copy.deepcopy(plain.data)
    data["day"] |= {"family": NAME, "given": NAME[::-1].capitalize(), "phone": PHONE}
    return Script(plain.language, data)


def main() -> int:
    """Play the day, let something go wrong, back up, and tell."""
    _listen_to_key_store()
    plan, data_dir = _plan(), DataDir(WORLD / "clinic")
    i18n.use(Language("en"))
    clock = MorningClock(plan.practice["time_zone"])
    made = create_sample(data_dir, "en", clock)
    for kind in PRINTED:
        choice = PrinterChoice(kind, f"{FOLDER}{WORLD / 'papers'}")
        made.store.write(made.actor, printers.choose, choice).result()
    made.close()
    application = start.make_application(data_dir)
    application.setQuitOnLastWindowClosed(False)
    titles = Titles()
    application.installEventFilter(titles)
    session = Session(data_dir, plan.staff[0].login, clock)
    logs.start(data_dir.logs)
    unexpected.watch(session.show_error)
    try:
        session.start()
        play(session, WORLD / "pictures", plan)
        sys.excepthook(RuntimeError, RuntimeError(f"nobody expected {NAME}"), None)
        told["titles"] += [widget.windowTitle() for widget in application.topLevelWidgets()]
        told["clipboard"] = [QGuiApplication.clipboard().text()]
    finally:
        session.close()
        session.window.close()
    opened = clinic.open_clinic(data_dir, plan.staff[0].login, SAMPLE_PASSWORD, clock)
    try:
        # The search would be blind if the day had not brought the name into the record.
        found = opened.store.read(opened.actor, _families).result()
        Backups(opened).add(WORLD / "backups")
        Backups(opened).make(Reason.CLOSING, lambda *_stage: None)
    finally:
        opened.close()
    told["record"] = [NAME] if NAME in found else []
    print("\n" + json.dumps(told), flush=True)
    return 0


def why(error: BaseException) -> str:
    """What ended the day, and where, without the words of the day's own patient."""
    frames = "".join(traceback.format_tb(error.__traceback__)[-6:])
    told = f"{type(error).__name__}: {error}\n{frames}"
    cause = error.__cause__ or error.__context__
    if cause is not None:
        told += f"after {type(cause).__name__}: {cause}\n"
    for word in (NAME, NAME[::-1], PHONE, PHONE.replace(" ", "")):
        told = re.sub(re.escape(word), "…", told, flags=re.IGNORECASE)
    return told


def _families(reads: Any) -> list[str]:
    rows = reads.cursor.execute("SELECT family FROM patient WHERE is_deleted = 0").fetchall()
    return [row[0] for row in rows]


def run() -> None:
    """Play the day and end with its code, or with why it ended early."""
    try:
        code = main()
    except Exception as error:  # noqa: BLE001 - a day that got stuck proves nothing: say where
        sys.exit(why(error))  # else the program's own hook would take it, and write into its log
    sys.exit(code)


if __name__ == "__main__":
    run()
