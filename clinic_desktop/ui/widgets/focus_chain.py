"""The order of Tab, asked of Qt in a way that leaves alone what belongs to whom.

What ``nextInFocusChain``, ``previousInFocusChain`` and ``focusProxy`` return, the Python bindings
take for a part of what was asked. From then on a living widget went away with that one, or with the
next collection of garbage. So nothing else asks them, and each answer is put back where it belongs.
"""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from shiboken6 import createdByPython


def following(widget: QWidget) -> QWidget:
    """The next in the order of the window; of the last one the first."""
    return _put_back(widget.nextInFocusChain() or widget)


def preceding(widget: QWidget) -> QWidget:
    """The one before in the order of the window; of the first one the last."""
    return _put_back(widget.previousInFocusChain() or widget)


def proxy_of(widget: QWidget) -> QWidget | None:
    """Who gets the keys in its place."""
    found = widget.focusProxy()
    return None if found is None else _put_back(found)


def _put_back(found: QWidget) -> QWidget:
    """Under its parent, and what Qt made for itself (a viewport, a scroll bar) with its parents."""
    place = found.parentWidget()
    if place is not None and not createdByPython(place):
        _put_back(place)
    # Qt does nothing where it is the same, the bindings take note.
    found.setParent(place)
    return found
