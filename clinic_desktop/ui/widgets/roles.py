"""Roles for widgets that paint themselves; without one a screen reader finds a nameless pane."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_PROPERTY = "accessibleRole"
_installed: list[object] = []


def give_role(widget: QWidget, role: QAccessible.Role) -> None:
    """Have assistive technology see the widget as this; its name stays the accessible name."""
    if not _installed:
        QAccessible.installFactory(_factory)
        _installed.append(_factory)
    widget.setProperty(_PROPERTY, role.value)


def _factory(_class_name: str, thing: QObject) -> QAccessibleInterface | None:
    role = thing.property(_PROPERTY) if isinstance(thing, QWidget) else None
    if role is None or not isinstance(thing, QWidget):
        return None
    return QAccessibleWidget(thing, QAccessible.Role(role))
