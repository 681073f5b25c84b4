"""Every screen of the program, by name, for the checks and the pictures.

A maker gets the opened program (see ``sample_program``) and returns the widget to look at,
shown and filled. Screens of the gallery need no program and are always there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtWidgets import QWidget

from clinic_desktop.ui.widgets.gallery.window import PAGES, Gallery

Make = Callable[[Any], QWidget]
"""Takes the program, returns a shown screen; its window is closed by the caller."""

SCREENS: dict[str, Make] = {}
"""Add a screen here: ``SCREENS["today"] = lambda program: program.go(Today())``."""


@contextmanager
def sample_program(language: str) -> Iterator[Any]:
    """The program on the sample clinic in a language; handed to every maker of ``SCREENS``."""
    raise NotImplementedError(language)
    yield


def _gallery(page: str) -> Make:
    def make(_program: Any) -> QWidget:
        window = Gallery()
        window.open(page)
        return window

    return make


GALLERY: dict[str, Make] = {f"gallery-{page}": _gallery(page) for page in PAGES}
