"""An owner stands for a PC that came by itself after another was taken out."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services import devices
from clinic_desktop.services.devices import Pc
from clinic_desktop.ui.settings.page import SettingsPage


def ask_to_confirm(
    page: SettingsPage,
    pc: Pc,
    confirm: Callable[[uuid.UUID], object],
    done: Callable[[], None],
    failed: Callable[[ClinicError], None],
) -> None:
    """Ask once more before it is handed the keys."""
    title = _("Confirm that {name} is yours").format(name=isolate(pc.name))
    text = devices.came_by_itself(pc)
    text += "\n\n" + _("Look at that PC first: does it stand where it should, and did one of you "
                       "bring a backup back there, or copy its folder?")  # fmt: skip

    def confirmed(_passed: object) -> None:
        page.said(_("The PC is confirmed: it gets the keys with its next exchange."))
        done()

    def run() -> None:
        page.context.tasks.call(page, confirm, pc.id, done=confirmed, failed=failed)

    page.context.host.confirm(title, text, _("It is ours: confirm it"), run)
