"""Meeting in the house without the internet: this PC as the hub, or the hub that it uses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop import hub, using_hubs
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.hub import HubStatus
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec

_WIDTH = 460


class HubCard(Card):
    """How PCs of one house exchange while the server, or the internet, is away."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("In your own network"))
        self._context = context
        self._found: HubStatus | None = None
        self._is_owner = allowed(context.actor, "device.approve")
        words = _("One PC can be the hub where the others meet in the same network, without the "
                  "internet. It is a hub while this program is open there.")  # fmt: skip
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.known = FactList()
        self.turn = Button("")
        self.turn.setObjectName("hub.turn")
        self.turn.clicked.connect(self._on_turn)
        self.look = Button(_("Look for a hub…"))
        self.look.setObjectName("hub.look")
        self.look.clicked.connect(self._on_look)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        for button in (self.turn, self.look):
            flow.addWidget(button)
        for part in (Label(words, tone="muted", wrap=True), self.notice, self.known, buttons):
            self.add(part)
        self._show(HubStatus(0, "", ()))

    def load(self) -> None:
        """Read what this PC is."""
        if allowed(self._context.actor, "sync.run"):
            self._ask(hub.status)

    def _ask(self, work: Callable[..., HubStatus], *args: object) -> None:
        self.notice.hide()
        self._context.tasks.call(
            self, work, self._context.clinic, *args, done=self._done, failed=self._refuse
        )

    def _done(self, found: HubStatus) -> None:
        is_new = self._found is not None and found != self._found
        self._found = found
        self._show(found)
        if is_new:
            self._context.exchange.look()

    def _refuse(self, error: ClinicError) -> None:
        self.notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self.notice.show()
        self.notice.say()

    def _show(self, found: HubStatus) -> None:
        facts = [self._hub(url) for url in found.hubs]
        if found.port:
            here = PillSpec(pgettext("hub", "open here"), Tone.ACCENT, Glyph.FULL)
            text = _("This PC is the hub")
            sub = _("Others reach it at {address}").format(address=isolate(found.address))
            facts.insert(0, Fact("own", text, sub, here))
        self.known.show_facts(facts)
        self.known.setVisible(bool(facts))
        self.turn.set_text(_("Stop being the hub") if found.port else _("Make this PC the hub"))
        self.turn.setVisible(self._is_owner)
        self.look.setEnabled(allowed(self._context.actor, "sync.run"))

    def _hub(self, url: str) -> Fact:
        forget = FactAction(
            Icon.CLOSE,
            _("Stop using the hub at {address}").format(address=isolate(url)),
            partial(self._ask, using_hubs.forget, url),
        )
        return Fact(url, isolate(url), _("A hub that this PC uses"), None, (forget,))

    def _on_turn(self) -> None:
        is_one = self._found is not None and bool(self._found.port)
        self._ask(hub.switch_off if is_one else hub.switch_on)

    def _on_look(self) -> None:
        form = LookForm(self._context)
        form.close_requested.connect(self.load)
        self._context.host.show_drawer(form, _("Look for a hub"), width=_WIDTH)


class LookForm(DrawerForm):
    """With an address the PC there; without one, whichever answers in this network."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.address = QLineEdit()
        self.address.setObjectName("hub.address")
        self.address.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        form = Form()
        hint = _("Empty: this PC asks who is there. Some networks do not let it; then type what "
                 "the hub shows as its address.")  # fmt: skip
        if allowed(context.actor, "device.approve"):
            for_all = _("What an owner types, the other PCs of the practice use, too.")
            hint = f"{hint} {for_all}"
        self.row = form.add(_("Address"), self.address, hint=hint)
        self.address.textEdited.connect(lambda: self.row.set_error(""))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        self.draft = FieldDraft(context, "hub", "", self)
        column.addWidget(self.draft.notice)
        column.addWidget(form)
        column.addStretch(1)
        self.setFocusProxy(self.address)
        self.draft.keep("address", self.address)
        self.draft.begin()

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.draft.flush()

    def primary_text(self) -> str:
        """The verb."""
        return _("Use this hub")

    def submit(self, print_too: bool) -> None:
        """Ask the network, off the window's thread."""
        self._context.tasks.call_once(
            self, using_hubs.use, self._context.clinic, self.address.text().strip(),
            done=self._done, failed=self._failed,
        )  # fmt: skip

    def _failed(self, error: ClinicError) -> None:
        self.row.set_error(f"{error.message} {error.hint}".strip())
        self.address.setFocus()

    def _done(self, _found: HubStatus) -> None:
        if self.draft.keeper.is_kept or self.draft.is_typed():
            self.draft.forget()
        self.close_requested.emit()
