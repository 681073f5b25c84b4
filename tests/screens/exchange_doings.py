"""The page of the other PCs as it looks on a good day and on a bad one, without a server."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import cast

from clinic_desktop.errors import (
    AddressError,
    CopiedRecordError,
    NotFoundError,
    RevokedError,
    ServerError,
)
from clinic_desktop.hub import HubStatus
from clinic_desktop.i18n import _
from clinic_desktop.recovering import LacksError
from clinic_desktop.services.devices import Pc
from clinic_desktop.services.documents import DocumentRow
from clinic_desktop.services.file_ways import HERE, FileWay, Where
from clinic_desktop.sync.enrolment import Invitation
from clinic_desktop.sync.passes import Open
from clinic_desktop.sync.standing import Run, Standing
from clinic_desktop.ui.chart.documents_section import DocumentsSection
from clinic_desktop.ui.settings.exchange_forms import InviteForm, ServerForm
from clinic_desktop.ui.settings.exchange_page import ExchangePage
from clinic_desktop.ui.settings.hub_card import LookForm
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.settings.stick_invite_form import StickInviteForm
from clinic_desktop.ui.settings.ways_in import AdmitForm
from clinic_desktop.ui.shell.join_view import JoinView
from clinic_desktop.ui.shell.server_restore_view import ServerRestoreView
from clinic_desktop.ui.shell.stick_join_view import StickJoinView
from tests.screens.program import Program
from tests.support.records import NOON

SERVER = "https://sync.kilimani-clinic.example:8460"


def _page(program: Program) -> ExchangePage:
    page = cast("SettingsView", program.screen).page("exchange")
    assert isinstance(page, ExchangePage)
    page._page.verticalScrollBar().setValue(0)  # the screen before may have been scrolled
    return page


def _standing(to_send: int) -> Standing:
    minutes = [timedelta(minutes=each) for each in (2, 7, 12, 230)]
    errors = ("server" if to_send else "", "server" if to_send else "", "", "")
    runs = [
        Run(9 - number, NOON - back, 1_200 + 900 * number, 3_100, error)
        for number, (back, error) in enumerate(zip(minutes, errors, strict=True))
    ]
    return Standing(
        SERVER, "", NOON - (minutes[3] if to_send else minutes[0]), "server" if to_send else "",
        True, Open(to_send, 0, 0, 0, 0), NOON - minutes[3] if to_send else None,
        48_300_000, 1_940_000, 200_000_000, None, tuple(runs), written=to_send,
    )  # fmt: skip


def _pcs() -> tuple[Pc, ...]:
    back = NOON - timedelta(minutes=41)
    return (
        Pc(uuid.UUID(int=1), "front-desk", "A", True, True, NOON, None),
        Pc(uuid.UUID(int=2), "doctor-2", "B", False, True, back, back - timedelta(minutes=3)),
        Pc(uuid.UUID(int=3), "laptop-amina", "C", False, True, NOON - timedelta(days=12), None),
        Pc(uuid.UUID(int=4), "old-laptop", "D", False, False, NOON - timedelta(days=90), None),
    )


def _one_waits() -> tuple[Pc, ...]:
    """One came by itself after the old laptop was taken out."""
    came = Pc(
        uuid.UUID(int=5), "reception-2", "E", False, True, NOON, None, True, "old-laptop", True
    )
    return (*_pcs()[:2], came, _pcs()[3])


def _show(program: Program, to_send: int) -> None:
    keeper, page = program.context.exchange, _page(program)
    keeper.standing = _standing(to_send)
    keeper.changed.emit()
    page._show_pcs(_pcs())


def good_day(program: Program) -> None:
    """Everything is on the server."""
    _show(program, 0)


_MADE: dict[str, Callable[[Standing], Standing]] = {
    "paused": lambda found: replace(found, paused_until=NOON + timedelta(minutes=38)),
    "used-up": lambda found: replace(found, budget=50_000_000, month_bytes=50_400_000),
    "sticks": lambda found: replace(found, server="", open=replace(found.open, to_send=7)),
    "lacks": lambda found: replace(found, server_lacks=2),
    "doubted": lambda found: replace(found, is_doubted=True),
    "kept-out": lambda found: replace(found, open=replace(found.open, kept_out=1)),
    "waits-for-others": lambda found: replace(found, open=replace(found.open, to_apply=240)),
    "unfinished": lambda found: replace(found, is_finished=False),
    "clock-off": lambda found: replace(found, clock_off=timedelta(minutes=12)),
    "never": lambda found: replace(found, last_ok=None, runs=()),
    "unconfirmed": lambda found: replace(found, is_waiting=True),
    "others-unconfirmed": lambda found: replace(found, waiting=("reception-2",)),
}
"""How it may stand without a failure, each with words of its own."""
STANDINGS = tuple(_MADE)


def stands(name: str, program: Program) -> None:
    """One of them; the line that costs is metered where it is used up."""
    keeper, page = program.context.exchange, _page(program)
    keeper.pace.is_metered = name == "used-up"
    keeper.standing = _MADE[name](_standing(0))
    keeper.changed.emit()
    page._show_pcs(_one_waits() if name == "others-unconfirmed" else _pcs())


def metered(program: Program) -> None:
    """What it costs, where the system says that the line is metered and the month is used up."""
    stands("used-up", program)
    page = _page(program)
    page._page.ensureWidgetVisible(page.costs)


def copied(program: Program) -> None:
    """The record is a copy of one that went on, and no owner is signed in."""
    program.context.exchange.error = CopiedRecordError(
        _("This record is a copy, or an older state, of one that went on elsewhere."),
        kept=_("Nothing was sent, and nothing was changed."),
        hint=_("An owner who signs in at this PC and synchronises lets it go on."),
    )  # fmt: skip
    _show(program, 3)


def too_old(program: Program) -> None:
    """Another PC has a newer program, and the clock of this one is wrong."""
    keeper, page = program.context.exchange, _page(program)
    found = _standing(0)
    keeper.standing = replace(
        found, open=replace(found.open, newer=12), clock_off=timedelta(days=3653)
    )
    keeper.changed.emit()
    page._show_pcs(_pcs())


def offline(program: Program) -> None:
    """The server has been away for hours, and changes wait."""
    program.context.exchange.error = ServerError(
        _("The server cannot be reached."),
        kept=_("Nothing was lost: what is here goes out at the next try."),
        hint=_("Check the network; the work goes on without it."),
    )
    _show(program, 12)


def wrong_server(program: Program) -> None:
    """Something else answers where the server was: an owner gets a way to its address."""
    program.context.exchange.error = AddressError(
        _("The server does not know this PC or this practice."),
        kept=_("Nothing was lost: what is here goes out at the next try."),
        hint=_("If the server was made anew, an owner sets it up once more: all that is on this PC "
               "goes there."),
    )  # fmt: skip
    _show(program, 12)


def taken_out(program: Program) -> None:
    """The practice has ended this PC's part in it, and something was never sent."""
    program.context.exchange.error = RevokedError(
        _("This PC was taken out of the practice: the server takes nothing from it."),
        kept=_("What is on this PC stays readable here."),
        hint=_("Ask the owner of the practice. To exchange again, this PC has to join anew, with "
               "an empty folder."),
    )  # fmt: skip
    _show(program, 3)


def without_key(program: Program) -> None:
    """A PC was taken out, and the new key has not come here yet."""
    keeper, page = program.context.exchange, _page(program)
    since = NOON - timedelta(hours=5)
    until = since + timedelta(days=1)
    keeper.standing = replace(_standing(0), key_since=since, key_until=until)
    keeper.changed.emit()
    page._show_pcs(_pcs())


def in_the_house(program: Program) -> None:
    """No server: this PC is the hub, and uses another one besides."""
    keeper, page = program.context.exchange, _page(program)
    met = NOON - timedelta(minutes=4)
    keeper.standing = replace(_standing(0), server="", hub_port=8461, last_met=met)
    keeper.changed.emit()
    page._show_pcs(_pcs())
    page.hub._show(HubStatus(8461, "lan://192.168.1.20:8461", ("lan://192.168.1.31:8461",)))


def look_for_hub(program: Program) -> None:
    """The drawer in which a hub is looked for, and none answered."""
    in_the_house(program)
    _page(program).hub._on_look()
    form = program.in_front().findChild(LookForm)
    assert isinstance(form, LookForm)
    form._failed(
        NotFoundError(
            _("No hub of the practice answers in this network."),
            hint=_("Look whether Clinic Desktop is open at the hub. Some networks keep PCs from "
                   "asking all at once: then type the address that is shown at the hub."),
        )
    )  # fmt: skip


def digits(program: Program) -> None:
    """A new PC shows six digits and waits for the owner."""
    view = program.session.window.shown
    assert isinstance(view, JoinView)
    view._set_busy(busy=True)
    view.show_digits("482913")


def server_form(program: Program) -> None:
    """The drawer in which an owner sets a server up."""
    _page(program)._on_server()
    assert isinstance(program.in_front().findChild(ServerForm), ServerForm)


def invite(program: Program) -> None:
    """The drawer of an open invitation."""
    good_day(program)
    _page(program)._on_invite()
    program.settle()
    form = program.in_front().findChild(InviteForm)
    assert isinstance(form, InviteForm)
    form.notice.hide()
    program.context.exchange.standing = _standing(0)
    form._show(Invitation(bytes(range(1, 18))))
    form._is_open = False  # there is no server to end it at


def invite_by_stick(program: Program) -> None:
    """The drawer in which an owner lets a PC in that no line reaches."""
    good_day(program)
    _page(program)._on_invite_by_stick()
    assert isinstance(program.in_front().findChild(StickInviteForm), StickInviteForm)


def admit(program: Program) -> None:
    """The drawer in which an owner lets a person in who sent the way in."""
    good_day(program)
    _page(program)._on_admit()
    assert isinstance(program.in_front().findChild(AdmitForm), AdmitForm)


def send_way_in(program: Program) -> None:
    """A person is asked before the own way in goes to another PC."""
    good_day(program)
    _page(program)._on_send(_pcs()[1])


def stick(program: Program) -> None:
    """The end of the page: the file on a stick, one just being written."""
    good_day(program)
    page = _page(program)
    page.stick._begin(_("Writing and reading back…"))
    program.settle()
    page._page.ensureWidgetVisible(page.stick)


def files_on_the_way(program: Program) -> None:
    """Documents of which some are not here, and one is nowhere else."""
    section = next(
        each for each in program.screen.findChildren(DocumentsSection) if each.isVisible()
    )
    ways = (
        FileWay(Where.ONLY_HERE), FileWay(Where.ONLY_HERE, 3, 9), FileWay(Where.COMING, 12, 40),
        FileWay(Where.ELSEWHERE), FileWay(Where.DAMAGED, 4, 5), HERE,
    )  # fmt: skip
    model = section.table.model_
    one = cast("DocumentRow", model.row_at(0))
    scan = replace(one, title="scan.pdf", mime="application/pdf", size=2_400_000)
    ids = [one.id, *(uuid.UUID(int=number) for number in range(1, len(ways)))]
    section._show([replace(scan, id=key, way=way) for key, way in zip(ids, ways, strict=True)])


def lacks_something(program: Program) -> None:
    """The server does not hold everything, and the sheet would make do with what is there."""
    view = program.session.window.shown
    assert isinstance(view, ServerRestoreView)
    view.server.setText(SERVER)
    view.refuse(LacksError(12, 1))


def code_of_this_pc(program: Program) -> None:
    """A new PC has written its request and shows the code that goes another way."""
    view = program.session.window.shown
    assert isinstance(view, StickJoinView)
    view.new_password.password.setText("x")
    view.show_code(Invitation(bytes(range(1, 18))).code)
