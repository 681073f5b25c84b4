"""Receipts on a thermal printer: real sockets, pipes and commands, every dot compared."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import ImageChops
from pytestqt.qtbot import QtBot

from clinic_desktop.errors import ClinicError, PrintError, ValidationError
from clinic_desktop.printing.raster import DARK_BELOW, page_images
from clinic_desktop.services.papers import archive, making, printers
from clinic_desktop.services.papers.making import MadePaper, PaperRequest
from clinic_desktop.services.papers.printers import THERMAL, PrinterChoice, host_and_port
from clinic_desktop.ui.core import thermal
from clinic_desktop.ui.core.context import Context
from tests.support.receipts import pay
from tests.support.records import Record
from tests.support.thermal_printer import (
    COVER_OPEN,
    KICK,
    NO_PAPER,
    READY,
    decoded,
    thermal_printer,
)
from tests.support.windows import RecordingHost

ONCE = PrinterChoice("receipt")
WIDTH = {"roll-80": 576, "roll-58": 384}
posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and lp are of Linux and macOS")


@pytest.fixture
def receipt(record: Record) -> uuid.UUID:
    """A payment that has a receipt, in Arabic: nothing a printer could spell itself."""
    return pay(record, "الحسن", "أحمد", "ar")


def made(record: Record, receipt: uuid.UUID, paper: str = "roll-80") -> MadePaper:
    return record.read(making.make, PaperRequest("receipt", receipt, paper=paper))


def choose(record: Record, address: str, paper: str = "", copies: int = 1) -> None:
    wish = PrinterChoice("receipt", THERMAL + address, paper, copies)
    record.write(printers.choose, wish)


def print_it(context: Context, qtbot: QtBot, receipt: uuid.UUID) -> None:
    context.printing.print_paper("receipt", receipt)
    qtbot.waitUntil(lambda: context.tasks.is_idle, timeout=20_000)


def assert_same_dots(job: bytes, pdf: bytes, width: int, copies: int = 1) -> None:
    """What the printer drew is the page as any PDF reader draws it, in black and white."""
    papers = decoded(job)
    assert len(papers) == copies
    (page,) = page_images(pdf)
    left = -((width - page.width) // 2)
    wanted = page.convert("L").crop((left, 0, left + width, page.height))
    wanted = wanted.point(lambda grey: 255 if grey >= DARK_BELOW else 0)
    for paper in papers:
        assert paper.size == wanted.size
        assert ImageChops.difference(paper, wanted).getbbox() is None
        assert paper.histogram()[0] > 1000, "hardly anything was drawn"


@pytest.mark.parametrize("paper", WIDTH)
@pytest.mark.parametrize("answers", [READY, None])
def test_a_receipt_comes_out_dot_by_dot_and_is_cut(
    ui_context: Context,
    record: Record,
    host: RecordingHost,
    receipt: uuid.UUID,
    qtbot: QtBot,
    paper: str,
    answers: dict[int, int] | None,
) -> None:
    with thermal_printer(answers) as printer:
        choose(record, printer.address, paper, copies=2)
        print_it(ui_context, qtbot, receipt)
    assert host.errors == []
    assert printer.address in host.toasts[-1]
    (kept,) = record.read(archive.kept, receipt)
    pdf = record.read(archive.kept_pdf, kept.id)
    (job,) = printer.jobs
    assert_same_dots(job, pdf, WIDTH[paper], copies=2)
    assert record.rows("SELECT count(*) FROM print_job") == [(0,)]


@pytest.mark.parametrize("is_wanted", [True, False])
def test_the_drawer_opens_once_for_a_receipt_of_cash_and_not_for_its_copy(
    ui_context: Context, record: Record, receipt: uuid.UUID, qtbot: QtBot, is_wanted: bool
) -> None:
    with thermal_printer(READY) as printer:
        choice = PrinterChoice("receipt", THERMAL + printer.address, copies=2)
        record.write(printers.choose, replace(choice, opens_drawer=is_wanted))
        print_it(ui_context, qtbot, receipt)
        print_it(ui_context, qtbot, receipt)
    assert [job.count(KICK) for job in printer.jobs] == [int(is_wanted), 0]
    assert [len(decoded(job)) for job in printer.jobs] == [2, 2]


def test_the_drawer_stays_shut_where_no_cash_changes_hands(
    ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    by_card = pay(record, "Otieno", "Brian", "en", method="card")
    with thermal_printer(READY) as printer:
        choice = PrinterChoice("receipt", THERMAL + printer.address, opens_drawer=True)
        record.write(printers.choose, choice)
        print_it(ui_context, qtbot, by_card)
    assert KICK not in printer.jobs[0]


@pytest.mark.parametrize(
    ("answers", "words"), [(NO_PAPER, "out of paper"), (COVER_OPEN, "cover of the printer")]
)
def test_a_printer_that_lacks_something_gets_nothing_and_the_paper_can_be_tried_again(
    ui_context: Context,
    record: Record,
    host: RecordingHost,
    receipt: uuid.UUID,
    qtbot: QtBot,
    answers: dict[int, int],
    words: str,
) -> None:
    state = dict(answers)
    with thermal_printer(state) as printer:
        choose(record, printer.address)
        print_it(ui_context, qtbot, receipt)
        assert words in str(host.errors[-1])
        assert host.toasts == ["The paper is kept in the archive."]
        assert host.undo is not None
        state.update(READY)
        host.undo()
        qtbot.waitUntil(lambda: ui_context.tasks.is_idle, timeout=20_000)
    first, second = printer.jobs
    assert first == b""
    (kept,) = record.read(archive.kept, receipt)
    assert_same_dots(second, record.read(archive.kept_pdf, kept.id), 576)


def test_a_refused_connection_is_said_and_the_window_reads_on_meanwhile(
    ui_context: Context, record: Record, host: RecordingHost, receipt: uuid.UUID, qtbot: QtBot
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        gone = f"127.0.0.1:{door.getsockname()[1]}"
    choose(record, gone)
    print_it(ui_context, qtbot, receipt)
    (error,) = host.errors
    assert isinstance(error, PrintError)
    assert gone in str(error)
    assert "does not answer" in str(error)
    assert "cable, paper and power" in error.hint
    assert record.rows("SELECT count(*) FROM print_job") == [(1,)]


def test_a_silent_printer_holds_no_reader_up(record: Record) -> None:
    """As many silent printers as there are threads for them, and the record still answers."""
    let_go, begun = threading.Event(), threading.Semaphore(0)

    def silent() -> None:
        begun.release()
        let_go.wait(30)

    jobs = [record.store.call(silent) for _ in range(2)]
    for _job in jobs:
        assert begun.acquire(timeout=30)
    assert record.rows("SELECT 1") == [(1,)]
    assert not any(job.done() for job in jobs)
    let_go.set()
    for job in jobs:
        job.result(30)


def test_a_printer_that_stops_taking_bytes_is_given_up(
    record: Record, receipt: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads behind this door; buffers fill and the wait ends."""
    monkeypatch.setattr(thermal, "_PIECE_S", 0.2)
    monkeypatch.setattr(thermal, "_ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        address = f"127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(PrintError, match="does not answer"):
            thermal.send(made(record, receipt), address, PrinterChoice("receipt", copies=400), [])


@posix
def test_a_device_gets_the_same_bytes(record: Record, receipt: uuid.UUID, tmp_path: Path) -> None:
    device = tmp_path / "lp0"
    os.mkfifo(device)
    paper = made(record, receipt)
    with pytest.raises(PrintError):  # nobody at the other end
        thermal.send(paper, str(device), ONCE, [])
    end = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    job = b""
    with ThreadPoolExecutor(1) as beside:
        sent = beside.submit(thermal.send, paper, str(device), ONCE, [])
        while select.select([end], [], [], 0 if sent.done() else 0.1)[0] or not sent.done():
            with suppress(BlockingIOError):
                job += os.read(end, 65536)
    os.close(end)
    sent.result()
    assert_same_dots(job, paper.pdf, 576)


@posix
@pytest.mark.parametrize("name", ["missing", "a-file", "."])
def test_a_path_that_is_no_device_is_refused_and_never_written(
    record: Record, receipt: uuid.UUID, tmp_path: Path, name: str
) -> None:
    (tmp_path / "a-file").write_text("mine")
    with pytest.raises(PrintError, match="does not answer"):
        thermal.send(made(record, receipt), str(tmp_path / name), ONCE, [])
    assert (tmp_path / "a-file").read_text() == "mine"
    assert not (tmp_path / "missing").exists()


@posix
@pytest.mark.parametrize("works", [True, False])
def test_a_queue_of_the_system_gets_the_bytes_raw(
    record: Record,
    receipt: uuid.UUID,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    works: bool,
) -> None:
    lp = tmp_path / "lp"
    ending = "" if works else "\nexit 1"
    lp.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/said"\ncat > "{tmp_path}/job"{ending}\n')
    lp.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    paper = made(record, receipt, "roll-58")
    if not works:
        with pytest.raises(PrintError, match="does not answer"):
            thermal.send(paper, "Kitchen", ONCE, ["Kitchen"])
        return
    thermal.send(paper, "Kitchen", ONCE, ["Kitchen"])
    assert (tmp_path / "said").read_text() == "-s -d Kitchen -o raw\n"
    assert_same_dots((tmp_path / "job").read_bytes(), paper.pdf, 384)


def test_only_receipt_rolls_go_to_a_thermal_printer(record: Record, receipt: uuid.UUID) -> None:
    with pytest.raises(PrintError, match="roll only"):
        thermal.send(made(record, receipt, "a5"), "127.0.0.1", ONCE, [])
    for kind, paper in (("receipt", "a5"), ("invoice", ""), ("person-label", "label-roll-62")):
        wish = PrinterChoice(kind, THERMAL + "desk", paper)
        with pytest.raises(ValidationError) as caught:
            record.write(printers.choose, wish)
        assert caught.value.field == "paper"


@pytest.mark.parametrize(
    "address", ["", "  ", ":9100", "desk:0", "desk:99999", "desk:x", "a" * 201]
)
def test_what_is_no_address_is_refused(record: Record, address: str) -> None:
    with pytest.raises(ClinicError) as caught:
        choose(record, address)
    assert isinstance(caught.value, ValidationError)
    assert caught.value.field == "printer"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("desk", ("desk", 9100)),
        ("192.168.1.50:9101", ("192.168.1.50", 9101)),
        ("[fe80::1]:9101", ("fe80::1", 9101)),
        ("[fe80::1]", ("fe80::1", 9100)),
        ("fe80::1", ("fe80::1", 9100)),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, found: tuple[str, int]) -> None:
    assert host_and_port(address) == found
