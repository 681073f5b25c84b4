"""Whatever an exchange can fail for, made real: the page says it, what was kept, and a way on."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.services import devices
from clinic_desktop.sync import exchange, handing, state
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.syncing import Syncing
from clinic_desktop.ui.settings.exchange_forms import ServerForm
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.tokens import Theme
from tests.support import screen_checks
from tests.support.certificates import self_signed
from tests.support.relays import running
from tests.sync.conftest import Practice, add_patient, rows, sync
from tests.sync.test_bad_input import _limit, _make_room
from tests.sync.test_hub import hub_at
from tests.sync.test_incarnations import copy
from tests.sync.test_link import Impostor
from tests.sync.test_lying_server import LyingLink, changed, with_segments
from tests.sync.test_newer_format import keys_of, with_newer
from tests.sync.test_snapshots import kept
from tests.sync.test_window_pcs import page_of
from tests.sync.windows import Seat, seated

PICTURES = os.environ.get("CLINIC_PICTURES")
"""A folder for what the page looks like in each case."""


@dataclass
class Stage:
    """A practice, the PC whose window is looked at, and what must be put away at the end."""

    practice: Practice
    root: Path
    after: ExitStack
    patch: pytest.MonkeyPatch
    name: str = "front"
    roles: tuple[str, ...] = ()
    before_pass: list[Callable[[Seat], object]] = field(default_factory=list)

    @property
    def pc(self) -> Clinic:
        return self.practice.front

    def impostor(self, head: str, body: str, kind: str = "text/html") -> None:
        """Something else answers where the server was."""
        lines = (f"HTTP/1.1 {head}", f"Content-Type: {kind}", f"Content-Length: {len(body)}")
        found = Impostor("\r\n".join((*lines, "", body)).encode())
        found.start()
        self.after.callback(found.stop)
        use(self.pc, found.url)

    def restart_server(self, *words: str, folder: str = "server") -> None:
        server = self.practice.server
        server.stop()
        server.folder = self.root / folder
        server.words = ("--insecure", *words)
        server.start()

    def close(self, pc: Clinic) -> None:
        self.practice.opened.remove(pc)
        pc.close()

    def link(self, wrap: Callable[[Link], Any]) -> None:
        self.patch.setattr("clinic_desktop.syncing.link_of", lambda store: wrap(link_of(store)))


def use(pc: Clinic, url: str, **settings: Any) -> None:
    """Exchange at this address, as if an owner had set it up."""

    def turn(uow: UnitOfWork) -> None:
        found = state.peer(uow.cursor)
        assert found is not None
        state.use_peer(uow.cursor, url, found.settings)
        state.change_settings(uow.cursor, **settings)

    pc.store.write(SYSTEM, turn).result()


def other_pc(pc: Clinic, prefix: str = "") -> Any:
    found = pc.store.read(pc.actor, devices.pcs).result()
    return next(each.id for each in found if not each.is_this and prefix in (each.prefix, ""))


# ------------------------------------------------------------------ what goes wrong


def server_away(stage: Stage) -> None:
    stage.practice.server.kill()


def no_such_name(stage: Stage) -> None:
    use(stage.pc, "https://sync.no-such-clinic.invalid:8460")


def _with_certificate(stage: Stage, days: int, *, is_known: bool) -> None:
    shown = self_signed(stage.root / "tls", days=days)
    words = ("--tls-cert", str(shown.certificate), "--tls-key", str(shown.key))
    server = stage.after.enter_context(running(stage.root / "other", *words))
    use(stage.pc, server.url, authority=shown.certificate.read_text() if is_known else "")


def strange_certificate(stage: Stage) -> None:
    _with_certificate(stage, 1, is_known=False)


def old_certificate(stage: Stage) -> None:
    _with_certificate(stage, -1, is_known=True)


def page_of_a_proxy(stage: Stage) -> None:
    stage.impostor("200 OK", "<html>Sign in")


def no_room_left(stage: Stage) -> None:
    stage.restart_server("--quota", "0")


def server_full(stage: Stage) -> None:
    stage.impostor("507 Full", '{"code":"full"}', "application/json")


def too_often(stage: Stage) -> None:
    stage.impostor("429 Slow", '{"code":"slow-down"}', "application/json")


def server_made_anew(stage: Stage) -> None:
    stage.restart_server(folder="another")


def disk_full(stage: Stage) -> None:
    back = stage.practice.open("back")
    for number in range(40):
        add_patient(back, f"Ada {number:02}", "A" * 120)
    sync(back)
    [(pages,)] = rows(stage.pc, "PRAGMA page_count")
    assert isinstance(pages, int)
    stage.pc.store.write(SYSTEM, _limit, pages).result()
    stage.after.callback(_make_room, stage.pc)


def clock_off(stage: Stage) -> None:
    stage.patch.undo()
    clock = stage.practice.clock
    off = timedelta(days=3652, hours=12)  # from the server's clock, which tells the time of today
    clock.advance(seconds=(datetime.now(UTC) + off - clock.now()).total_seconds())


def taken_out(stage: Stage) -> None:
    back = stage.practice.open("back")
    sync(back, stage.pc)
    add_patient(back, "Never sent")
    stage.close(back)
    Syncing(stage.pc).revoke(other_pc(stage.pc))
    stage.name = "back"


def _copied(stage: Stage) -> None:
    back = stage.practice.open("back")
    sync(back, stage.pc)
    copy(stage.practice, back, "twin")
    add_patient(stage.practice.open("back"), "One")
    sync(stage.practice.opened[-1])
    stage.name = "twin"


def a_copy_without_an_owner(stage: Stage) -> None:
    _copied(stage)
    stage.roles = ("reception",)


def key_not_handed_on(stage: Stage) -> None:
    practice = stage.practice
    practice.new_pc("third")
    back = practice.open("back")
    sync(practice.front, back)
    third = rows(practice.opened[-2], "SELECT prefix FROM sync_device WHERE dev = 1")[0][0]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(handing, "hand_keys", lambda *_words: None)
        Syncing(practice.front).revoke(other_pc(practice.front, str(third)))
    stage.close(back)
    stage.name = "back"


def newer_program(stage: Stage) -> None:
    back = stage.practice.open("back")
    add_patient(back, "Bea")
    sync(back)
    change = with_segments(with_newer(back, keys_of(back).keys))
    stage.link(lambda link: LyingLink(link, change))


def a_server_that_lies(stage: Stage) -> None:
    stage.link(lambda link: LyingLink(link, changed(tip_hash=b"x" * 32)))


def used_up(stage: Stage) -> None:
    def choose(seat: Seat) -> None:
        seat.exchange.syncing.limit(1)

    stage.before_pass.append(choose)


def paused(stage: Stage) -> None:
    def choose(seat: Seat) -> None:
        seat.exchange.syncing.pause(stage.practice.clock.now() + timedelta(hours=1))

    stage.before_pass.append(choose)


def hub_away(stage: Stage) -> None:
    use(stage.pc, "lan://127.0.0.1:9")


def only_sticks(stage: Stage) -> None:
    use(stage.pc, state.NO_LINE)


def only_a_hub(stage: Stage) -> None:
    back = stage.practice.open("back")
    sync(back, stage.pc)
    port = stage.after.enter_context(hub_at(back)).port
    use(stage.pc, state.NO_LINE, hubs=(f"lan://127.0.0.1:{port}",))


def server_away_and_a_hub(stage: Stage) -> None:
    only_a_hub(stage)
    use(stage.pc, stage.practice.server.url)
    stage.practice.server.kill()


def server_that_lost_a_pc_that_is_gone(stage: Stage) -> None:
    """What that PC did is here by its commits, not as it sealed them."""
    back = stage.practice.open("back")
    sync(back, stage.pc)
    stage.close(back)
    stage.practice.server.stop()
    stage.pc.store.write(SYSTEM, _empty_segments).result(60)
    with kept(stage.practice) as server:
        (device,) = rows(stage.pc, "SELECT device_id FROM sync_device WHERE dev = 2")[0]
        server.execute("DELETE FROM segment WHERE device_id = ?", (device,))
        server.execute(
            "UPDATE device SET tip = 0, tip_hash = zeroblob(32) WHERE device_id = ?", (device,)
        )
    stage.practice.server.start()


def _empty_segments(uow: UnitOfWork) -> None:
    uow.cursor.execute("UPDATE sync_segment SET content = x'' WHERE dev = 2")


def a_copy_there_that_is_wrong(stage: Stage) -> None:
    def doubt(uow: UnitOfWork) -> None:
        state.change_settings(uow.cursor, is_doubted=True, looked_at=to_millis(uow.now))

    stage.pc.store.write(SYSTEM, doubt).result(60)


@dataclass(frozen=True)
class Case:
    """What is arranged, and what must be read on the page."""

    arrange: Callable[[Stage], None]
    title: str
    words: tuple[str, ...]
    has_address: bool = False
    """Whether a button leads to the server's address."""


WAITS = "1\u2069 change waits here, made"
LOST = "Nothing was lost"
CASES = (
    Case(server_away, "The server cannot be reached", (LOST, WAITS, "Check the network")),
    Case(no_such_name, "does not know the name", (LOST, WAITS, "address of the server"), True),
    Case(strange_certificate, "not to be trusted", (LOST, WAITS, "Check the address"), True),
    Case(old_certificate, "does not hold at the time", (LOST, WAITS, "clock of this PC")),
    Case(page_of_a_proxy, "not the practice's server", (LOST, WAITS, "sign in first"), True),
    Case(no_room_left, "used up its room", (LOST, WAITS, "still comes in", "more room")),
    Case(server_full, "The server is full", (LOST, WAITS, "whoever runs the server")),
    Case(too_often, "asks to wait", (LOST, WAITS, "after a few minutes")),
    Case(server_made_anew, "does not know this PC", (LOST, WAITS, "sets it up once more"), True),
    Case(disk_full, "The disk is full", (WAITS, "Free some space")),
    Case(clock_off, "3,652\u2069 days apart", ("Last exchange", "look at the clock")),
    Case(taken_out, "was taken out", ("1\u2069 change, made", "stays here", "join anew")),
    Case(a_copy_without_an_owner, "copy", ("owner",)),
    Case(key_not_handed_on, "The key that counts since", ("makes another", "26-Nov-2026")),
    Case(
        newer_program,
        "newer version of this program",
        ("stays on the server", "Update the program"),
    ),
    Case(a_server_that_lies, "does not show it", ("Nothing was sent", WAITS)),
    Case(used_up, "amount of data", ("Exchange now",)),
    Case(paused, "Paused until", ("it goes on by itself",)),
    Case(hub_away, "The hub cannot", (LOST, WAITS, "Open the program at the hub")),
    Case(only_sticks, "exchange by a stick", ("not known to be at another PC", "stick")),
    Case(only_a_hub, "Last meeting at the hub", ("while the program is open at the hub",)),
    Case(
        server_that_lost_a_pc_that_is_gone,
        "The server is no second copy yet",
        ("in the record of this PC", "happens by itself"),
    ),
    Case(a_copy_there_that_is_wrong, "not what the PCs hold", ("no PC takes it", "Ask for help")),
    Case(server_away_and_a_hub, "The server cannot be reached", (LOST, "met at the hub")),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.arrange.__name__)
def test_the_page_says_what_is_in_the_way_and_what_to_do(
    practice: Practice,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
) -> None:
    # The server tells the time of today, the PCs that of the tests.
    monkeypatch.setattr(
        exchange, "CLOCK_OFF_MS", timedelta(days=100_000) / timedelta(milliseconds=1)
    )
    with ExitStack() as after:
        stage = Stage(practice, tmp_path, after, monkeypatch)
        sync(practice.front)
        add_patient(practice.front, "Waits")
        case.arrange(stage)
        with seated(practice, stage.name, qtbot) as seat:
            _look(case, stage, seat)


def _look(case: Case, stage: Stage, seat: Seat) -> None:
    if PICTURES:
        style.apply(_app(), style.Appearance(Theme.LIGHT, reduced_motion=True))
    if stage.roles:
        seat.opened.actor = replace(seat.opened.actor, roles=stage.roles)
    page = page_of(seat)
    for each in stage.before_pass:
        each(seat)
    seat.exchange_now()
    seat.settle()
    title, words = page.state.accessibleName(), page.state.accessibleDescription()
    if PICTURES:
        screen_checks.present(seat.session.window, 1280, 800)
        seat.settle()
        seat.session.window.grab().save(f"{PICTURES}/{case.arrange.__name__}.png")
    assert case.title in title
    assert [each for each in case.words if each not in words] == []
    assert page.address.isVisibleTo(page) == case.has_address
    assert page.to_stick.isVisibleTo(page) == (case.arrange is only_sticks)
    assert page.now.isVisibleTo(page) == (case.arrange is not only_sticks)
    if case.has_address:
        page.address.click()
        form = seat.form(ServerForm)
        assert isinstance(form, ServerForm)
        assert seat.exchange.standing is not None
        assert form.url.text() == seat.exchange.standing.server


def _app() -> Any:
    from PySide6.QtWidgets import QApplication

    return QApplication.instance()
