"""Breaking off what is read from a stick or written to it, between two steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from clinic_desktop.errors import StoppedError
from clinic_desktop.i18n import _

T = TypeVar("T")
Stopped = Callable[[], bool]
"""Whether the person wants no more of it, or closes the window; asked between steps."""


def never() -> bool:
    """Nobody breaks it off."""
    return False


def unless(stopped: Stopped, found: Iterable[T], kept: str) -> Iterator[T]:
    """The same, until it is broken off; ``kept`` says what became of it.

    Raises:
        StoppedError: it was.
    """
    for each in found:
        if stopped():
            raise stop(kept)
        yield each


def looking(stopped: Stopped, kept: str) -> Callable[[], None]:
    """The same for whoever calls it between two steps."""

    def look() -> None:
        if stopped():
            raise stop(kept)

    return look


def whole() -> str:
    """What became of what was taken from a stick so far."""
    return _("Nothing was lost; what was taken from it is whole.")


def stop(kept: str) -> StoppedError:
    """The word of it."""
    return StoppedError(
        _("The work with the stick was stopped."),
        kept=kept,
        hint=_("Begin again with the same stick when there is time."),
    )
