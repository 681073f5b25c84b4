"""An owner sees the window as another role does; nothing is written meanwhile (``db.looking``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clinic_desktop.domain.permissions import VIEWS, Actor

if TYPE_CHECKING:
    from clinic_desktop.clinic import Clinic


def note(opened: Clinic, actor: Actor, role: str) -> None:
    """Put on record that somebody is about to see the window as a role does.

    Raises:
        PermissionDeniedError: not the owner.
    """
    from clinic_desktop.services.audit.events import note_view  # noqa: PLC0415 - loads the tables

    if role not in VIEWS:
        raise ValueError(role)
    opened.store.write(actor, note_view, role).result()


def begin(opened: Clinic, role: str) -> None:
    """See the window as a role does, until ``end``; ``note`` comes first."""
    opened.actor = replace(opened.actor, sees_as=role)


def end(opened: Clinic) -> None:
    """See the window as oneself again."""
    opened.actor = replace(opened.actor, sees_as="")
