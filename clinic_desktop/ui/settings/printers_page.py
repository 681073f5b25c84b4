"""Which document goes where on this PC."""

from __future__ import annotations

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.setup.printer_map import PrinterMap


class PrintersPage(SettingsPage):
    """The lines of the first run again."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Printers"),
            _("Each kind of document goes straight to its printer, without a dialog."),
            Scope.PC,
        )
        self.map = PrinterMap(context.tasks)
        self.map.said.connect(self.said)
        self.add_card("", self.map)
        self.end()

    def load(self) -> None:
        """Printers come and go: ask the system each time."""
        self.map.load()
