"""The daily look at every page: when it is due, and what it says of a damaged record."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clinic_desktop import clinic, page_watch
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.page_seals import broken_seals, has_broken_seals
from clinic_desktop.errors import DatabaseDamagedError, ReadOnlyError, StoppedError
from clinic_desktop.page_watch import PageWatch
from tests.support.charts import put_chart
from tests.support.records import NOON, PASSWORD


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    """An open clinic whose clock stands at noon."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=5000))
    yield found
    found.close()


def test_it_is_due_once_a_day(opened: Clinic) -> None:
    clock = opened.store.clock
    assert isinstance(clock, FixedClock)
    watch = PageWatch(opened)
    assert watch.is_due(clock.now())
    watch.look()
    assert not watch.is_due(clock.now())
    assert not PageWatch(opened).is_due(clock.now())
    clock.advance(days=1)
    assert watch.is_due(clock.now())


def test_it_is_due_after_the_program_went_down(opened: Clinic, tmp_path: Path) -> None:
    PageWatch(opened).look()
    opened.store.write(opened.actor, put_chart, 1).result()
    left = DataDir(Path(shutil.copytree(opened.data_dir.root, tmp_path / "left")))
    opened.close()
    for data_dir, is_due in ((left, True), (opened.data_dir, False)):
        again = clinic.open_clinic(data_dir, "amina", PASSWORD, FixedClock(NOON, seed=6000))
        watch = PageWatch(again)
        assert watch.is_due(NOON) is is_due
        watch.look()
        assert not watch.is_due(NOON)
        again.close()


def _sqlcipher_says_so(path: Path, key: bytes) -> bool:
    """By its check, or by not opening the file at all: it depends on which pages they are."""
    try:
        return bool(broken_seals(path, key))
    except DatabaseDamagedError:
        return True


def test_our_look_finds_what_sqlcipher_finds(opened: Clinic) -> None:
    """Any byte of any page, in its words, its nonce or its seal; and a page in another's place."""
    opened.store.write(opened.actor, put_chart, 1).result()
    opened.close()
    path, key = opened.data_dir.database, opened.keys.key
    sound = path.read_bytes()
    assert not has_broken_seals(path, key, lambda: None)
    dice, pages = random.Random(7), len(sound) // 4096
    for place in [0, 15, 16, 4095, len(sound) - 1] + [dice.randrange(len(sound)) for _ in "123456"]:
        data = bytearray(sound)
        data[place] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        assert has_broken_seals(path, key, lambda: None)
    one, other = (4096 * each for each in dice.sample(range(1, pages), 2))
    data = bytearray(sound)
    data[one : one + 4096], data[other : other + 4096] = (
        sound[other : other + 4096], sound[one : one + 4096],
    )  # fmt: skip
    path.write_bytes(data)
    assert has_broken_seals(path, key, lambda: None)
    assert _sqlcipher_says_so(path, key)
    path.write_bytes(sound)
    assert broken_seals(path, key) == []


def test_leaving_ends_the_look(opened: Clinic) -> None:
    def leave() -> None:
        raise StoppedError("leaving")

    watch = PageWatch(opened)
    assert opened.data_dir.database.stat().st_size > 256 * 4096  # a step at least
    with pytest.raises(StoppedError):
        watch.look(leave)
    assert watch.is_due(opened.store.clock.now())


def test_leaving_is_asked_before_what_cannot_be_ended(
    opened: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A strange page is found early: the look by SQLCipher, which holds all saves, begins never."""

    def leave() -> None:
        raise StoppedError("leaving")

    watch = PageWatch(opened)
    monkeypatch.setattr(page_watch, "has_broken_seals", lambda *_args: True)
    with pytest.raises(StoppedError):
        watch.look(leave)
    assert watch.is_due(opened.store.clock.now())


def test_a_change_of_key_in_between_breaks_no_page(opened: Clinic) -> None:
    """The look began under the key before, and is asked again when the change is through."""
    began, changed = threading.Event(), threading.Event()
    opened.store.write(opened.actor, put_chart, 1).result()
    old = opened.keys.key

    def wait() -> bool:
        began.set()
        return changed.wait(60)

    def seals(path: Path, key: bytes, _go_on: object) -> bool:
        assert key == old
        wait()
        return has_broken_seals(path, key, lambda: None)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr(page_watch, "has_broken_seals", seals)
        look = pool.submit(PageWatch(opened).look)
        assert began.wait(60)
        opened.change_key()
        changed.set()
        look.result(60)
    assert opened.keys.key != old


def test_a_record_that_can_only_be_looked_at_is_looked_at(opened: Clinic) -> None:
    """A page that looks strange is asked for again where nothing may be written, too."""
    opened.store.gate.close(ReadOnlyError("full"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_watch, "has_broken_seals", lambda *_args: True)
        PageWatch(opened).look()


def test_a_broken_page_is_said_and_on_record(opened: Clinic) -> None:
    sql = "SELECT rootpage FROM sqlite_master WHERE name = 'observation'"
    found = opened.store.read(opened.actor, lambda reads: reads.cursor.execute(sql).fetchone())
    page = found.result()[0]  # nobody needs it to sign in
    opened.close()
    with opened.data_dir.database.open("r+b") as file:
        file.seek((page - 1) * 4096 + 1000)
        file.write(b"\xff" * 100)
    again = clinic.open_clinic(opened.data_dir, "amina", PASSWORD, FixedClock(NOON, seed=6000))
    try:
        with pytest.raises(DatabaseDamagedError, match="Pages of the record are damaged"):
            PageWatch(again).look()
        sql = "SELECT count(*) FROM audit_event WHERE kind = 'integrity.fault'"
        found = again.store.read(again.actor, lambda reads: reads.cursor.execute(sql).fetchone())
        assert found.result() == (1,)
    finally:
        again.close()
