"""Where the data lies, whether it is whole, and the versions at work."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import PySide6
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from clinic_desktop import __version__
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services import integrity
from clinic_desktop.services.integrity import CheckReport
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel


class DataPage(SettingsPage):
    """Only what was checked is called whole."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Data and checks"),
            _("One encrypted file on this PC; it opens only with a password of this practice."),
            Scope.PC,
        )
        self.check = Button(_("Check the record now"), icon=Icon.SHIELD)
        self.check.setObjectName("data.check")
        self.check.clicked.connect(self._on_check)
        self.progress = ProgressPanel(_("Reading every page of the record…"))
        self.progress.cancel.hide()
        self.progress.hide()
        self.found = FactList(_("Not checked since the program was opened."))
        self.add_card(_("Is the record whole?"), self.found, self.progress, self.check)
        self.check.setEnabled(allowed(context.actor, "record.check"))
        root = context.clinic.data_dir.root
        self.show_folder = Button(_("Open the data folder"), icon=Icon.FOLDER)
        self.show_folder.setObjectName("data.folder")
        self.show_folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(root)))
        )
        versions = FactList()
        versions.show_facts(
            [
                Fact("folder", _("Data folder"), _breakable(root)),
                Fact("program", "Clinic Desktop", isolate(__version__)),
                Fact("qt", "Qt", isolate(PySide6.__version__)),
                Fact("python", "Python", isolate(platform.python_version())),
                Fact("system", _("System"), isolate(platform.platform(terse=True))),
            ]
        )
        self.add_card(_("This PC"), versions, self.show_folder)
        self.end()

    def _on_check(self) -> None:
        self.check.setEnabled(False)
        self.progress.start(_("Reading every page of the record…"))
        self.progress.show()
        self.context.tasks.read(
            self, integrity.check, deep=True, done=self._show, failed=self._failed
        )

    def _end(self) -> None:
        self.progress.hide()
        self.check.setEnabled(True)

    def _failed(self, error: ClinicError) -> None:
        self._end()
        self.refuse(error)

    def _show(self, report: CheckReport) -> None:
        self._end()
        names = {
            "pages": _("Seal of every page"),
            "structure": _("Structure of the file"),
            "references": _("References between rows"),
            "capture": _("Recording of changes"),
            "log": _("Chain of the change log"),
            "search": _("Search index of the charts"),
            "attachments": _("Documents and pictures"),
            "rows": _("Every row against the change log"),
        }
        self.found.show_facts(
            [
                Fact(key, names.get(key, key), isolate(wrong), _pill(wrong))
                for key, wrong in report.checks.items()
            ]
        )
        if report.ok:
            self.said(_("The record is whole."))


def _breakable(folder: Path) -> str:
    """A path that may go on in the next line after each folder."""
    return isolate(str(folder).replace(os.sep, os.sep + "\u200b"))


def _pill(wrong: str) -> PillSpec:
    if wrong:
        return PillSpec(_("damaged"), Tone.DANGER, Glyph.CROSS)
    return PillSpec(_("whole"), Tone.OK, Glyph.FULL)
