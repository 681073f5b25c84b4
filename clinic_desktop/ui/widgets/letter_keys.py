"""Bare letters as actions on a list, by the physical key.

With a Russian layout the key A arrives as "ф" and an Arabic one sends "ش"; a QShortcut for
"A" hears neither. So the key's place on the keyboard is asked first, then the letter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QWidget

_ROWS = ((16, "QWERTYUIOP"), (30, "ASDFGHJKL"), (44, "ZXCVBNM"))
_SCAN = {first + step: letter for first, row in _ROWS for step, letter in enumerate(row)}
"""Scan codes of IBM PC set 1; the codes of Linux evdev are the same for letters."""
_XKB_OFFSET = 8
"""X11 and Wayland key codes are the evdev code plus eight."""
_MAC = dict(
    zip(
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 31, 32, 34, 35, 37, 38, 40, 45,
         46),
        "ASDFHGZXCVBQWERYTOUIPLJKNM",
        strict=True,
    )
)  # fmt: skip
"""Virtual key codes of macOS (Carbon, HIToolbox/Events.h)."""
_QWERTY = "QWERTYUIOPASDFGHJKLZXCVBNM"
_LAYOUTS = ("ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ", "ضصثقفغعهخحشسيبلاتنمئءؤرىة", "/'קראטוןםפשדגכעיחלךזסבהנמצ")
"""What the same keys send in Russian, Arabic (101) and Hebrew; ``لا`` shares B's key."""


def _typed_letters() -> dict[str, str]:
    letters: dict[str, str] = {}
    for layout in _LAYOUTS:
        keys = _QWERTY.replace("B", "") if "ض" in layout else _QWERTY
        letters.update(zip(layout, keys, strict=False))
    letters["لا"] = letters["ﻻ"] = "B"
    return letters


_TYPED = _typed_letters()


def letter_of(event: QKeyEvent) -> str:
    """The Latin letter on the pressed key of a US keyboard, "" when it is no letter."""
    platform = QGuiApplication.platformName()
    scan = event.nativeScanCode()
    if platform in ("xcb", "wayland") and scan:
        return _SCAN.get(scan - _XKB_OFFSET, "")
    if platform == "windows" and scan:
        return _SCAN.get(scan, "")
    if platform == "cocoa":
        return _MAC.get(event.nativeVirtualKey(), "")
    if Qt.Key.Key_A <= event.key() <= Qt.Key.Key_Z:
        return chr(event.key())
    return _TYPED.get(event.text().upper(), "")


@dataclass(frozen=True)
class LetterAction:
    """A letter, what it does, and its name for the shortcut overlay."""

    letter: str
    name: str
    run: Callable[[], object]


class LetterKeys(QObject):
    """Bare letters on one list. ``enabled`` turns them off (WCAG 2.2, 2.1.4)."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.actions: dict[str, LetterAction] = {}
        self.enabled = True
        widget.installEventFilter(self)

    def bind(self, letter: str, name: str, run: Callable[[], object]) -> None:
        """Have a letter do something; ``name`` is a verb and its object."""
        self.actions[letter.upper()] = LetterAction(letter.upper(), name, run)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Run the action of a bare letter."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            bare = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            action = self.actions.get(letter_of(event)) if bare and self.enabled else None
            if action is not None:
                if not event.isAutoRepeat():
                    action.run()
                return True
        return super().eventFilter(watched, event)
