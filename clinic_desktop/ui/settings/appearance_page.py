"""How the window looks on this PC; every choice shows at once."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QApplication

from clinic_desktop import this_pc
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.look import Appearance, look
from clinic_desktop.ui.theme.remembered import choices_of
from clinic_desktop.ui.theme.tokens import Density, Theme
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.form import Form

_SCALES = (80, 90, 100, 110, 125, 150, 175, 200)


class AppearancePage(SettingsPage):
    """Theme, density, text size, motion."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Appearance"),
            _("For everybody at this PC, the lock screen included."),
            Scope.PC,
        )
        self.theme = Select(
            [
                (Theme.SYSTEM, _("As the system")),
                (Theme.LIGHT, _("Light")),
                (Theme.DARK, _("Dark")),
                (Theme.HC_LIGHT, _("High contrast, light")),
                (Theme.HC_DARK, _("High contrast, dark")),
            ]
        )
        self.density = Select(
            [
                (Density.COMFORTABLE, _("Comfortable, good for touch")),
                (Density.STANDARD, _("Standard")),
                (Density.COMPACT, _("Compact, more rows")),
            ]
        )
        self.scale = Select([(each, isolate(f"{current().number(each)} %")) for each in _SCALES])
        self.calm = Tick(_("No sliding or fading"))
        for name in ("theme", "density", "scale", "calm"):
            getattr(self, name).setObjectName(f"settings.{name}")
        form = Form(columns=2)
        form.add(_("Colours"), self.theme)
        form.add(_("Room between lines"), self.density)
        form.add(_("Text size"), self.scale)
        form.add(_("Motion"), self.calm)
        self.reset = Button(_("Back to the usual look"), "link")
        self.reset.setObjectName("settings.reset-look")
        self.reset.clicked.connect(lambda: self._change(Appearance()))
        self.add_card("", form, self.reset)
        self.end()
        self.theme.chosen.connect(lambda value: self._set(theme=Theme(value)))
        self.density.chosen.connect(lambda value: self._set(density=Density(value)))
        self.scale.chosen.connect(lambda value: self._set(scale=value))
        self.calm.clicked.connect(lambda on: self._set(reduced_motion=bool(on)))
        self.load()

    def load(self) -> None:
        """What is on now."""
        now = look().appearance
        self.theme.set_value(now.theme)
        self.density.set_value(now.density)
        self.scale.set_value(now.scale)
        self.calm.setChecked(now.reduced_motion)
        self.reset.setVisible(now != Appearance())

    def _set(self, **change: object) -> None:
        self._change(replace(look().appearance, **change))  # type: ignore[arg-type]

    def _change(self, wanted: Appearance) -> None:
        before = look().appearance
        self.said(_("The look has changed."), lambda: self._put_on(before))
        self._put_on(wanted)

    def _put_on(self, wanted: Appearance) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            style.apply(app, wanted)
        self.load()
        try:
            this_pc.remember(self.context.clinic.data_dir, **choices_of(wanted))
        except ClinicError as error:
            self.refuse(error)
