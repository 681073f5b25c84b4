"""The code from the phone besides the own password: switched on, renewed, switched off."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.i18n import _, current, ngettext, pgettext
from clinic_desktop.services import own_code
from clinic_desktop.services.own_code import OwnCode
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.setup.code_panel import CodePanel
from clinic_desktop.ui.setup.recovery_codes import RecoveryCodes
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec

_WIDTH = 560


class CodeCard(Card):
    """How it stands, and what can be done about it."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Code from my phone"))
        self.context = context
        self.known = FactList()
        self.switch_on = Button(_("Ask me for a code too"))
        self.switch_on.setObjectName("code.on")
        self.switch_on.clicked.connect(self._on_switch_on)
        self.renew = Button(_("New recovery codes"))
        self.renew.setObjectName("code.renew")
        self.renew.clicked.connect(self._on_renew)
        self.switch_off = Button(_("Ask me for no code"), "ghost")
        self.switch_off.setObjectName("code.off")
        self.switch_off.clicked.connect(self._on_switch_off)
        self.add(self.known)
        for button in (self.switch_on, self.renew, self.switch_off):
            self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeading)
            button.hide()

    def load(self) -> None:
        """Ask how it stands."""
        self.context.tasks.read(self, own_code.own_code, done=self._show)

    def _show(self, found: OwnCode) -> None:
        for button in (self.renew, self.switch_off):
            button.setVisible(found.is_on)
        self.switch_on.setVisible(not found.is_on)
        if found.is_on:
            words = ngettext("{n} recovery code is left.", "{n} recovery codes are left.",
                             found.codes_left)  # fmt: skip
            left = words.format(n=current().number(found.codes_left))
            tone = Tone.OK if found.codes_left > 2 else Tone.WARN
            pill = PillSpec(pgettext("second factor", "on"), tone, Glyph.FULL)
            text = _("You are asked for a code when you open the record.")
            self.known.show_facts([Fact("code", text, left, pill)])
        else:
            pill = PillSpec(pgettext("second factor", "off"), Tone.NEUTRAL, Glyph.EMPTY)
            text = _("Your password alone lets you in.")
            sub = _("With a code from your phone, whoever saw you type it cannot sign in here.")
            self.known.show_facts([Fact("code", text, sub, pill)])

    def _on_switch_on(self) -> None:
        form = SwitchOnForm(self.context)
        form.close_requested.connect(self._switched_on)
        self.context.host.show_drawer(form, _("Code from my phone"), width=_WIDTH)

    def _switched_on(self) -> None:
        self.context.host.toast(_("From now on you are asked for a code."))
        self.load()

    def _on_renew(self) -> None:
        self.context.tasks.write(self, own_code.renew_codes, done=self._renewed)

    def _renewed(self, codes: tuple[str, ...]) -> None:
        self.context.host.show_drawer(CodesForm(self.context, codes), _("New recovery codes"))
        self.load()

    def _on_switch_off(self) -> None:
        self.context.host.confirm(
            _("Ask me for no code"),
            _("From now on your password alone lets you in. The codes in your phone and on paper "
              "end."),
            _("Switch it off"),
            self._switch_off,
        )  # fmt: skip

    def _switch_off(self) -> None:
        self.context.tasks.write(self, own_code.switch_off, done=self._off)

    def _off(self, _nothing: None) -> None:
        self.context.host.toast(_("You are asked for no code any more."))
        self.load()


class SwitchOnForm(DrawerForm):
    """The panel in a drawer."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.panel = CodePanel(context.clinic, context.tasks)
        self.panel.switched_on.connect(self.close_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        column.addStretch(1)

    def primary_text(self) -> str:
        """The verb."""
        return _("Ask for a code from now on")

    def submit(self, print_too: bool) -> None:
        """Only with a right code."""
        self.panel.submit()


class CodesForm(DrawerForm):
    """Other recovery codes, shown once."""

    def __init__(self, context: Context, codes: tuple[str, ...]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.codes = RecoveryCodes(context.tasks, codes)
        column.addWidget(self.codes)
        column.addStretch(1)

    def primary_text(self) -> str:
        """The verb."""
        return _("I have them on paper")

    def submit(self, print_too: bool) -> None:
        """They are gone from the screen."""
        self.close_requested.emit()
