"""The other PCs: how the exchange stands, who they are, what it costs, through which server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtWidgets import QWidget

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError, RevokedError
from clinic_desktop.i18n import _, current, isolate, ngettext, pgettext
from clinic_desktop.services import devices
from clinic_desktop.services.conflicts import listing
from clinic_desktop.services.conflicts.listing import OpenQuestion
from clinic_desktop.services.devices import Pc
from clinic_desktop.sync.client import Address
from clinic_desktop.sync.standing import Standing
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.exchange_words import said, size_words
from clinic_desktop.ui.settings.confirm_pc import ask_to_confirm
from clinic_desktop.ui.settings.exchange_facts import (
    MEGABYTE,
    budget_words,
    came,
    has,
    numbers,
    run,
)
from clinic_desktop.ui.settings.exchange_forms import InviteForm, ServerForm
from clinic_desktop.ui.settings.exchange_stick import StickPart
from clinic_desktop.ui.settings.hub_card import HubCard
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.settings.stick_invite_form import StickInviteForm
from clinic_desktop.ui.settings.ways_in import AdmitForm, ask_to_send
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl

_QUIET = timedelta(days=7)
_PAUSE = timedelta(hours=1)
_BUDGETS = (0, 50, 200, 1000)
"""Megabytes a month; 0 for no end."""
_WIDTH = 520


class ExchangePage(SettingsPage):
    """Everybody sees how it stands; owners choose the server and who belongs to the practice."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Other PCs"),
            _("Each PC works alone and holds the whole record. They exchange what was written "
              "through a server that can read none of it."),
            Scope.PC,
        )  # fmt: skip
        self._keeper = context.exchange
        self._is_owner = allowed(context.actor, "device.approve")
        self._may_run = allowed(context.actor, "sync.run")
        self._make_state()
        self._make_pcs()
        self.hub = HubCard(context)
        self.put_card(self.hub)
        self._make_cost()
        self._make_server()
        self._make_stick()
        self.end()
        self._keeper.changed.connect(self._show)
        self._keeper.stepped.connect(self._on_step)
        self._keeper.ended.connect(self._on_ended)
        self._show()

    # ------------------------------------------------------------ construction

    def _make_state(self) -> None:
        self.state = Notice(Tone.NEUTRAL, "")
        self.progress = ProgressPanel(_("Exchanging with the other PCs…"))
        self.progress.cancel.hide()
        self.now = Button(_("Exchange now"), "primary")
        self.now.setObjectName("exchange.now")
        self.now.clicked.connect(self._keeper.exchange_now)
        self.pause = Button(_("Pause for an hour"))
        self.pause.setObjectName("exchange.pause")
        self.pause.clicked.connect(self._on_pause)
        self.to_stick = Button(_("Write to a stick…"), "primary")
        self.to_stick.setObjectName("exchange.to-stick")
        self.to_stick.clicked.connect(self._on_to_stick)
        self.asked = Button(" ", icon=Icon.CONFLICT)
        self.asked.setObjectName("exchange.asked")
        self.asked.clicked.connect(lambda: self.context.navigator.open(to.Conflicts()))
        self.address = Button(_("Look at the server's address…"))
        self.address.setObjectName("exchange.address")
        self.address.clicked.connect(self._on_server)
        row = _in_a_row(self.now, self.to_stick, self.pause, self.address, self.asked)
        self.add_card("", self.state, self.progress, row)
        self.asked.hide()

    def _make_pcs(self) -> None:
        self.pcs = FactList()
        self.invite = Button(_("Let another PC join…"), icon=Icon.ADD)
        self.invite.setObjectName("exchange.invite")
        self.invite.clicked.connect(self._on_invite)
        self.invite_stick = Button(_("Let a PC join by a stick…"))
        self.invite_stick.setObjectName("exchange.invite-stick")
        self.invite_stick.clicked.connect(self._on_invite_by_stick)
        self.admit = Button(_("Let a colleague in at this PC…"))
        self.admit.setObjectName("exchange.admit")
        self.admit.clicked.connect(self._on_admit)
        ways = _in_a_row(self.invite, self.invite_stick, self.admit)
        words = _("To sign in at another PC too, press the key beside it: your own way in goes "
                  "there.")  # fmt: skip
        self.ways_in = Label(words, tone="muted", wrap=True)
        self.add_card(_("PCs of the practice"), self.pcs, self.ways_in, ways)
        ways.setVisible(self._is_owner)  # in its card, or it would be a window
        self.admit.setVisible(allowed(self.context.actor, "user.approve"))

    def _make_cost(self) -> None:
        self.cost = FactList()
        self.budget = SegmentedControl(
            [Option(mb, budget_words(mb)) for mb in _BUDGETS], _("Most data in a month")
        )
        self.budget.changed.connect(self._on_budget)
        self.budget.setEnabled(self._may_run)
        form = Form()
        form.add(
            _("Most data in a month"), self.budget,
            hint=_("Beyond it this PC asks the server only when you want it. A hub in your "
                   "own network costs nothing and goes on, also during a pause."),
        )  # fmt: skip
        self.costs = self.add_card(_("What it costs"), self.cost, form)

    def _make_server(self) -> None:
        self.server = Label("", wrap=True)
        self.change = Button(_("Set up a server…"))
        self.change.setObjectName("exchange.server")
        self.change.clicked.connect(self._on_server)
        self.runs = FactList(_("Nothing has been exchanged yet"))
        self._server_card: Card = self.add_card(_("Server"), self.server, self.change)
        self.change.setVisible(self._is_owner)
        self._runs_card: Card = self.add_card(_("The last exchanges"), self.runs)

    def _make_stick(self) -> None:
        self.stick = StickPart(self.context)
        self.stick.received.connect(self._heard)
        self.stick.said.connect(self.said)
        self.stick.refused.connect(self.refuse)
        self.stick.setEnabled(self._may_run)
        self._stick_card: Card = self.add_card(_("By USB stick"), self.stick)

    # ------------------------------------------------------------ what is known

    def load(self) -> None:
        """Read how it stands, and who is there."""
        self._keeper.look()
        self.hub.load()
        if self._may_run and self._keeper.standing is not None:
            self.stick.load()
        self._read()

    def _read(self) -> None:
        self.context.tasks.read(self, devices.pcs, done=self._show_pcs)
        if to.may_open(self.context.actor, to.Conflicts):
            self.context.tasks.read(self, listing.open_questions, done=self._show_asked)

    def _show_asked(self, found: tuple[OpenQuestion, ...]) -> None:
        words = ngettext("{n} question to decide", "{n} questions to decide", len(found))
        self.asked.set_text(words.format(n=current().number(len(found))))
        self.asked.setVisible(bool(found))

    def _show(self) -> None:
        keeper, found = self._keeper, self._keeper.standing
        state = said(keeper, self.context.clock.now())
        self.state.set_words(state.tone, state.title, state.text)
        self.progress.setVisible(keeper.is_running)
        self.address.setVisible(self._is_owner and state.asks_address)
        has_nobody = found is not None and not (found.server or found.hubs or found.hub_port)
        self.now.setVisible(found is not None and not has_nobody)
        self.to_stick.setVisible(has_nobody)
        self.to_stick.setEnabled(self._may_run)
        self.now.setEnabled(self._may_run and not keeper.is_running)
        is_out = isinstance(keeper.error, RevokedError)
        self.pause.setVisible(found is not None and found.has_paid_line and not is_out)
        self.pause.setEnabled(self._may_run)
        self.costs.setVisible(found is not None and found.has_paid_line)
        for card in (self._runs_card, self._stick_card):
            card.setVisible(found is not None)
        has_line = found is not None and bool(found.server)
        self.invite.setEnabled(has_line)
        self.admit.setEnabled(has_line)
        self._show_server(found)
        if found is not None:
            self._show_choices(found)

    def _show_choices(self, found: Standing) -> None:
        is_paused = found.is_paused(self.context.clock.now())
        self.pause.set_text(_("Go on now") if is_paused else _("Pause for an hour"))
        self.budget.set_value(found.budget // MEGABYTE)
        self.cost.show_facts(self._costs(found))
        self.runs.show_facts([run(each) for each in found.runs])

    def _costs(self, found: Standing) -> list[Fact]:
        line = _("The system says that this connection is metered: it is used less often.")
        facts = [
            Fact("day", size_words(found.day_bytes), _("in the last 24 hours")),
            Fact("month", size_words(found.month_bytes), _("this month")),
        ]
        return facts + ([Fact("line", line, tone="warn")] if self._keeper.pace.is_metered else [])

    def _show_server(self, found: Standing | None) -> None:
        if found is None:
            self.server.setText(
                _("None is set up. An owner sets one up once; the other PCs then join with an "
                  "invitation, and get everything from there.")
            )  # fmt: skip
            self.change.set_text(_("Set up a server…"))
        elif not found.server:
            self.server.setText(
                _("None. The PCs exchange by a stick, and at a hub if there is one.")
            )
            self.change.set_text(_("Set up a server…"))
        else:
            self.server.setText(isolate(found.server))
            self.change.set_text(_("Use another server…"))

    def _show_pcs(self, found: tuple[Pc, ...]) -> None:
        self.pcs.show_facts([self._pc(each, self.context.clock.now()) for each in found])
        has_others = any(each.is_active and not each.is_this for each in found)
        self.ways_in.setVisible(self._may_run and has_others)

    def _pc(self, pc: Pc, now: datetime) -> Fact:
        name = isolate(pc.name or pc.prefix or str(pc.id)[:8])
        if pc.is_this:
            here = PillSpec(pgettext("PC", "this PC"), Tone.ACCENT, Glyph.FULL)
            found = self._keeper.standing
            words = [numbers(pc), found.anew if found is not None else ""]
            return Fact(pc.id, name, " · ".join(filter(None, words)), here)
        words = [each for each in (numbers(pc), came(pc)) if each]
        if pc.is_waiting:
            words = [numbers(pc), devices.came_by_itself(pc)]
        elif pc.by_itself:
            words.append(_("came by itself, out of a backup or a copy, with an owner's keys"))
        if pc.is_active:
            words.append(has(pc))
        pill: PillSpec | None = None
        actions: tuple[FactAction, ...] = ()
        if not pc.is_active:
            pill = PillSpec(pgettext("PC", "taken out"), Tone.NEUTRAL, Glyph.CROSS)
        else:
            if pc.is_waiting:
                pill = PillSpec(pgettext("PC", "not confirmed"), Tone.WARN, Glyph.HALF)
            elif now - pc.last_sign > _QUIET:
                pill = PillSpec(pgettext("PC", "long silent"), Tone.WARN, Glyph.HALF)
            actions = tuple(self._actions(pc, name))
        return Fact(pc.id, name, " · ".join(words), pill, actions)

    def _actions(self, pc: Pc, name: str) -> Iterator[FactAction]:
        if self._may_run and not pc.is_waiting:
            words = _("Send your way in to {name}").format(name=name)
            yield FactAction(Icon.KEY, words, partial(self._on_send, pc))
        if self._is_owner and pc.is_waiting:
            words = _("Confirm that {name} is yours").format(name=name)
            yield FactAction(Icon.OK, words, partial(self._on_confirm, pc))
        if self._is_owner:
            words = _("Take {name} out of the practice").format(name=name)
            yield FactAction(Icon.CLOSE, words, partial(self._on_revoke, pc))

    # ------------------------------------------------------------ what a person does

    def _on_step(self, sent: int, received: int, size: int) -> None:
        words = _("{sent} sent, {received} received, {size}").format(
            sent=isolate(current().number(sent)),
            received=isolate(current().number(received)),
            size=size_words(size),
        )
        self.progress.set_progress(0, 0, words)

    def _on_ended(self, _outcome: object) -> None:
        self.progress.start(_("Exchanging with the other PCs…"))
        self._read()
        self.state.say()

    def _on_pause(self) -> None:
        found, now = self._keeper.standing, self.context.clock.now()
        if found is None:
            return
        until = None if found.is_paused(now) else now + _PAUSE
        self._choose(self._keeper.syncing.pause, until)

    def _on_budget(self, megabytes: object) -> None:
        if isinstance(megabytes, int):
            self._choose(self._keeper.syncing.limit, megabytes * MEGABYTE)

    def _choose(self, choice: object, value: object) -> None:
        if callable(choice):
            self.context.tasks.call(self, choice, value, done=self._chosen, failed=self.refuse)

    def _chosen(self, _nothing: object) -> None:
        self.notice.hide()
        self._keeper.look()

    def _on_to_stick(self) -> None:
        self.stick.write.click()

    def _on_server(self) -> None:
        found = self._keeper.standing
        is_looked_at = (
            found is not None and said(self._keeper, self.context.clock.now()).asks_address
        )
        used = Address(found.server, found.authority) if found and is_looked_at else None
        form = ServerForm(self.context, used)
        form.used.connect(self._on_used)
        self.context.host.show_drawer(form, _("The practice's server"), width=_WIDTH)

    def _on_used(self) -> None:
        self.said(_("This PC exchanges through the server from now on."))
        self._heard()

    def _on_invite(self) -> None:
        form = InviteForm(self.context)
        form.joined.connect(self._on_joined)
        self.context.host.show_drawer(form, _("Let another PC join"), width=_WIDTH)

    def _on_invite_by_stick(self) -> None:
        form = StickInviteForm(self.context)
        form.joined.connect(self._on_joined_by_stick)
        self.context.host.show_drawer(form, _("Let a PC join by a stick"), width=_WIDTH)

    def _on_joined_by_stick(self, name: str) -> None:
        words = _("{name} belongs to the practice now. The answer is on the stick, and was read "
                  "back: the stick may be removed.")  # fmt: skip
        self.said(words.format(name=isolate(name)))
        self._heard()

    def _on_joined(self, name: str) -> None:
        self.said(_("{name} belongs to the practice now.").format(name=isolate(name)))
        self._heard()

    def _on_send(self, pc: Pc) -> None:
        ask_to_send(self.context, self.notice, pc, self.refuse)

    def _on_admit(self) -> None:
        form = AdmitForm(self.context)
        form.admitted.connect(self._on_admitted)
        self.context.host.show_drawer(form, _("Let a colleague in at this PC"), width=_WIDTH)

    def _on_admitted(self, name: str) -> None:
        self.said(_("{name} can sign in at this PC from now on.").format(name=isolate(name)))

    def _heard(self) -> None:
        self._keeper.heard()
        self.load()

    def _on_confirm(self, pc: Pc) -> None:
        ask_to_confirm(self, pc, self._keeper.syncing.confirm, self._heard, self._not_revoked)

    def _on_revoke(self, pc: Pc) -> None:
        text = _("Do this when it was lost, stolen or sold. Nothing more is taken from it, and it "
                 "can read nothing that is written from now on. What it holds already stays on it, "
                 "behind its passwords; what it has not sent yet is lost to the others. It cannot "
                 "come back: it would have to join anew.")  # fmt: skip
        text += f"\n\n{devices.owners_keys()}"
        title = _("Take {name} out of the practice").format(name=isolate(pc.name))
        self.context.host.confirm(title, text, _("Take it out"), partial(self._revoke, pc))

    def _revoke(self, pc: Pc) -> None:
        self.context.tasks.call(
            self, self._keeper.syncing.revoke, pc.id,
            done=lambda _passed: self._revoked(), failed=self._not_revoked,
        )  # fmt: skip

    def _revoked(self) -> None:
        self.said(_("The PC is taken out: nothing more is taken from it, and it can read nothing "
                    "new."))  # fmt: skip
        self._heard()

    def _not_revoked(self, error: ClinicError) -> None:
        """It may be out of the practice, and only the server does not know it yet."""
        self.refuse(error)
        self.load()


def _in_a_row(*buttons: Button) -> QWidget:
    holder = QWidget()
    flow = FlowLayout(holder)
    for button in buttons:
        flow.addWidget(button)
    return holder
