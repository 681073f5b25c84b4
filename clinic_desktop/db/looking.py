"""Who looks at the window as another role would, or is here for a time that is over."""

from __future__ import annotations

from datetime import datetime

from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import PermissionDeniedError, ReadOnlyError
from clinic_desktop.i18n import _


def refusal(actor: Actor) -> ReadOnlyError | None:
    """Why this person can write nothing now, if so."""
    if not actor.sees_as:
        return None
    return ReadOnlyError(
        _("You are looking at the window as another role sees it."),
        kept=_("Nothing was changed."),
        hint=_("End the view to work on."),
    )


def check_time(actor: Actor, now: datetime) -> None:
    """Refuse somebody from outside whose time is over.

    Raises:
        PermissionDeniedError: it is.
    """
    if actor.engaged_until is not None and now >= actor.engaged_until:
        raise PermissionDeniedError(
            _("Your time here is over."),
            kept=_("Nothing was changed."),
            hint=_("Ask the owner of the practice."),
        )


def check(actor: Actor) -> None:
    """Refuse to write for somebody who only looks.

    Raises:
        ReadOnlyError: the person sees the window as another role.
    """
    why = refusal(actor)
    if why is not None:
        raise why
