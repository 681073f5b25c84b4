"""An owner sees the window as another role does; nothing is written meanwhile (``db.looking``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clinic_desktop.domain.permissions import VIEWS
from clinic_desktop.services.audit.events import note_view

if TYPE_CHECKING:
    from clinic_desktop.clinic import Clinic


def begin(opened: Clinic, role: str) -> None:
    """See the window as a role does, until ``end``; the log says so.

    Raises:
        PermissionDeniedError: not the owner.
    """
    if role not in VIEWS:
        raise ValueError(role)
    opened.store.write(opened.actor, note_view, role).result()
    opened.actor = replace(opened.actor, sees_as=role)


def end(opened: Clinic) -> None:
    """See the window as oneself again."""
    opened.actor = replace(opened.actor, sees_as="")
