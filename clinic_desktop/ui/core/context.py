"""What every screen is given: the record, the way around, and a voice."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import Clock
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.i18n import Language
from clinic_desktop.ui.core.actions import Action, Actions, offered
from clinic_desktop.ui.core.backup_keeper import BackupKeeper
from clinic_desktop.ui.core.drawer_form import DrawerForm
from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper
from clinic_desktop.ui.core.host import Host
from clinic_desktop.ui.core.navigator import Destination, Navigator
from clinic_desktop.ui.core.print_desk import PrintDesk
from clinic_desktop.ui.core.tasks import Tasks


@dataclass
class Context:
    """Handed to every screen's constructor."""

    tasks: Tasks
    navigator: Navigator
    actions: Actions
    host: Host
    clock: Clock
    language: Language
    printing: PrintDesk
    backups: BackupKeeper
    exchange: ExchangeKeeper
    clinic: Clinic
    """Keys, data folder and the choices of this PC; the record itself is reached by ``tasks``."""

    @property
    def actor(self) -> Actor:
        """The signed-in person."""
        return self.tasks.actor


class Screen(QWidget):
    """A place in the window. Subclasses answer for one kind of destination."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context

    def go_to(self, destination: Destination) -> None:
        """Show this place of the screen; called each time the window comes here."""

    def screen_actions(self) -> tuple[Action, ...]:
        """What can be done here; shortcuts, palette and help follow from it."""
        return ()

    def offered_actions(self) -> tuple[Action, ...]:
        """Of them those that the signed-in person may do."""
        return offered(self.context.actor, self.screen_actions())

    def primary(self) -> None:
        """Ctrl+Enter."""

    def can_leave(self) -> bool:
        """False while something is typed that no draft protects."""
        return True


__all__ = ["Context", "DrawerForm", "Host", "Screen"]
