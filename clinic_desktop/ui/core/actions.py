"""What a person can do, as data: menus, palette, shortcuts and help all read this list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal

from clinic_desktop.domain.permissions import Actor, allowed


@dataclass(frozen=True)
class Action:
    """One thing to do. ``title`` is verb and object, already translated."""

    name: str
    """Stable, dotted: ``appointment.book``; also the objectName of its button."""
    title: str
    run: Callable[[], None]
    shortcut: str = ""
    """Portable key sequence (``Ctrl+B``), or a bare letter that acts on a focused list."""
    icon: str = ""
    section: str = ""
    """Heading in the palette and the shortcut overlay, translated."""
    keywords: str = ""
    """Further words people look for, translated."""


NEEDS: Final[dict[str, str]] = {
    "allergy.record": "allergy.create",
    "problem.add": "diagnosis.create",
    "document.add": "document.create",
    "results.table": "chart.read",
    "chart.open": "patient.read",
    "chart.changes": "patient.read",
    "chart.looks": "audit.read",
    "chart.care-team": "confidence.write",
    "visit.confidence": "confidence.write",
    "chart.emergency": "emergency.create",
    "visit.start": "visit.create",
    "visit.finish": "visit.create",
    "visit.sign": "visit.create",
    "visit.templates": "note.create",
    "visit.vitals": "vitals.create",
    "visit.diagnose": "diagnosis.create",
    "visit.copy-plan": "note.create",
    "visit.follow-up": "appointment.create",
    "visit.print": "print.write",
    "visit.chart": "patient.read",
    "checkout.take": "invoice.create",
    "document.print": "print.write",
    "calendar.wait": "appointment.create",
    "today.unfinished": "draft.write",
    "patients.open": "patient.read",
    "exchange.now": "sync.run",
    "go.exchange": "device.read",
    "import.files": "import.run",
    "import.start": "import.run",
}
"""The right without which an action of a screen is not offered. Those that only move about, or that
the screen chooses by itself, are not among it."""


def offered(actor: Actor, actions: Iterable[Action]) -> tuple[Action, ...]:
    """Of a screen's actions those that the person may do."""
    return tuple(
        each for each in actions if each.name not in NEEDS or allowed(actor, NEEDS[each.name])
    )


class Actions(QObject):
    """The actions in force now: the window's own and those of the screen shown."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._global: tuple[Action, ...] = ()
        self._screen: tuple[Action, ...] = ()

    def set_global(self, actions: tuple[Action, ...]) -> None:
        """Replace the window's own actions."""
        self._global = actions
        self.changed.emit()

    def set_screen(self, actions: tuple[Action, ...]) -> None:
        """Replace the actions of the screen shown."""
        self._screen = actions
        self.changed.emit()

    def all(self) -> tuple[Action, ...]:
        """The screen's actions first, as they are the likelier ones."""
        return self._screen + self._global
