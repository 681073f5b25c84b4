"""A file of codes that was opened with the program, shown on the page where packs are added."""

from __future__ import annotations

from pathlib import Path

from clinic_desktop.ui.core.navigator import Settings
from clinic_desktop.ui.settings.packs_page import PacksPage
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.desk import Desk


def offer_pack_at(desk: Desk, path: Path) -> None:
    """Go to that page and ask whether to add it; a person who may not go there sees nothing."""
    desk.context.navigator.open(Settings("packs"))
    shown = desk.shown
    if isinstance(shown, SettingsView):
        page = shown.page("packs")
        if isinstance(page, PacksPage):
            page.offer(path)
