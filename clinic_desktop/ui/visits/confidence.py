"""Keeping what is written at a visit for those who treat the person."""

from __future__ import annotations

from clinic_desktop.i18n import _
from clinic_desktop.services.confidentiality import team
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import EditCareTeam, may_open
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.visits.visit_vm import VisitVM


def actions(context: Context, vm: VisitVM, here: str) -> tuple[Action, ...]:
    """What can be done, for whoever may."""
    if not may_open(context.actor, EditCareTeam):
        return ()

    def turn() -> None:
        page = vm.page
        if page is not None:
            command = team.end_visit if page.is_kept else team.keep_visit
            said = (
                _("Everybody whose role reads notes reads this visit again.")
                if page.is_kept
                else _("Only you and the care team read what is written at this visit.")
            )
            context.tasks.write_once(
                vm, command, page.visit.id,
                done=lambda _done: context.host.toast(said), failed=context.host.show_error,
            )  # fmt: skip

    return (
        Action("visit.confidence", _("Keep the words of this visit in confidence, or not"), turn,
               "", Icon.LOCK, here),
    )  # fmt: skip
