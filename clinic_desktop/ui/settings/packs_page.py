"""Code systems: what is there, and a file to add."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.packs.library import add_pack, pack_list
from clinic_desktop.services.packs.pack import PackInfo
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel


class PacksPage(SettingsPage):
    """A pack is read-only and says where it comes from."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Code packs"),
            _("Diagnosis codes to search in a visit. More than one can be there at a time."),
            Scope.PC,
        )
        self.list = FactList(_("No pack is there yet."))
        self.add = Button(_("Add a pack from a file…"), icon=Icon.ADD)
        self.add.setObjectName("packs.add")
        self.add.setEnabled(allowed(context.actor, "pack.write"))
        self.add.clicked.connect(self._on_add)
        self.progress = ProgressPanel(_("Reading the file…"))
        self.progress.cancel.hide()
        self.progress.hide()
        self.add_card("", self.list, self.progress, self.add)
        self.end()

    def load(self) -> None:
        """Read what the packs say of themselves."""
        data_dir = self.context.clinic.data_dir
        self.context.tasks.call(self, pack_list, data_dir, done=self._show, failed=self.refuse)

    def _show(self, packs: list[PackInfo]) -> None:
        self.list.show_facts([Fact(pack.id, pack.title, _words(pack)) for pack in packs])

    def _on_add(self) -> None:
        dialog = QFileDialog(self, _("Add a code pack"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(_("Code packs and tables") + " (*.clinicpack *.csv *.xz)")
        dialog.fileSelected.connect(self.add_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def offer(self, path: Path) -> None:
        """Ask whether a file that was opened from outside is to be added."""
        self.context.host.confirm(
            _("Add a code pack"),
            _("Add {file} to the code packs of this PC?").format(file=isolate(path.name)),
            _("Add the pack"),
            lambda: self.add_file(str(path)),
        )

    def add_file(self, path: str) -> None:
        """Bring a file into the clinic's folder."""
        self.notice.hide()
        self.progress.start(_("Reading the file…"))
        self.progress.show()
        self.add.setEnabled(False)
        context = self.context
        context.tasks.call(
            self,
            add_pack,
            context.actor,
            context.clinic.data_dir,
            Path(path),
            done=self._added,
            failed=self._failed,
        )

    def _end(self) -> None:
        self.progress.hide()
        self.add.setEnabled(True)

    def _added(self, pack: PackInfo) -> None:
        self._end()
        self.load()
        self.said(_("{title} was added.").format(title=isolate(pack.title)))

    def _failed(self, error: ClinicError) -> None:
        self._end()
        self.refuse(error)


def _words(pack: PackInfo) -> str:
    parts = (
        _("version {version}").format(version=isolate(pack.version)),
        _("{count} terms").format(count=current().number(pack.concepts)),
        isolate(pack.source),
        isolate(pack.licence),
    )
    return " · ".join(part for part in parts if part)
