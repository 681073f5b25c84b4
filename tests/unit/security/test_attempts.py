"""Guessing passwords: counted before each is looked at, and no restart or clock helps."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.clock import FixedClock
from clinic_desktop.errors import (
    DeviceSecretError,
    StorageError,
    TooManyAttemptsError,
    WrongCodeError,
    WrongPasswordError,
)
from clinic_desktop.security.attempts import (
    CODE_FREE,
    CODE_WAIT,
    LONG_WAIT,
    PC_FREE,
    STOP,
    Attempts,
    seconds_due,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


class Boot(FixedClock):
    """A clock whose PC can be started anew, and whose wall clock can be set."""

    def restart(self) -> None:
        self._up = 5.0

    def set_wall(self, **delta: float) -> None:
        up = self._up
        self.advance(**delta)
        self._up = up


@pytest.fixture
def clock() -> Boot:
    return Boot(START)


@pytest.fixture
def attempts(tmp_path: Path, clock: Boot) -> Attempts:
    return Attempts(tmp_path / "attempts.json", clock)


@contextmanager
def wrong() -> Iterator[None]:
    with pytest.raises(WrongPasswordError):
        yield


def fail(attempts: Attempts, login: str = "ann") -> None:
    with wrong(), attempts.counted(login):
        raise WrongPasswordError("no")


def fail_patiently(attempts: Attempts, clock: FixedClock, times: int, login: str = "ann") -> None:
    for _time in range(times):
        clock.advance(seconds=attempts.wait(login))
        fail(attempts, login)


def test_the_first_three_are_free_and_then_it_takes_longer_and_longer() -> None:
    assert [seconds_due(n) for n in range(12)] == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 900, 900]


def test_a_guess_too_early_is_not_looked_at(attempts: Attempts, clock: Boot) -> None:
    fail_patiently(attempts, clock, 6)
    assert attempts.wait("Ann ") == 4
    with pytest.raises(TooManyAttemptsError) as refused, attempts.counted("ann"):
        pytest.fail("it was looked at")
    assert refused.value.seconds == 4
    assert attempts.wait("bo") == 0
    clock.advance(seconds=4)
    with attempts.counted("ann"):
        pass
    assert attempts.wait("ann") == 0
    fail(attempts)
    assert attempts.wait("ann") == 0


def test_it_is_counted_before_it_is_looked_at(attempts: Attempts, clock: Boot) -> None:
    """Whoever ends the program in time to hide a wrong guess has been counted all the same."""
    fail_patiently(attempts, clock, 9)
    clock.advance(seconds=60)
    guessing = attempts.counted("ann")
    guessing.__enter__()
    assert Attempts(attempts.path, clock).wait("ann") == LONG_WAIT


@pytest.mark.parametrize("days", [-4000, -1, 1, 4000])
def test_no_clock_and_no_restart_shortens_it(attempts: Attempts, clock: Boot, days: int) -> None:
    fail_patiently(attempts, clock, 10)
    clock.set_wall(days=days)
    assert attempts.wait("ann") == LONG_WAIT
    clock.restart()
    assert Attempts(attempts.path, clock).wait("ann") == LONG_WAIT - 5
    clock.advance(seconds=LONG_WAIT)
    assert attempts.wait("ann") == 0


def test_after_a_hundred_only_an_owner_or_the_sheet_helps(attempts: Attempts, clock: Boot) -> None:
    fail_patiently(attempts, clock, STOP)
    clock.advance(days=2)
    assert attempts.is_stopped("ann")
    with pytest.raises(TooManyAttemptsError, match="owner") as refused, attempts.counted("ann"):
        pytest.fail("it was looked at")
    assert refused.value.seconds == 0
    attempts.forgive("ann")
    with attempts.counted("ann"):
        pass


def test_many_names_cost_the_pc_time(attempts: Attempts, clock: Boot) -> None:
    for number in range(PC_FREE + 3):
        clock.advance(seconds=attempts.wait(f"name{number}"))
        fail(attempts, f"name{number}")
    assert attempts.wait("somebody else") == 4
    with pytest.raises(TooManyAttemptsError), attempts.counted("somebody else"):
        pass


def test_one_right_password_does_not_forgive_the_guesses_at_others(
    attempts: Attempts, clock: Boot
) -> None:
    for number in range(PC_FREE + 3):
        clock.advance(seconds=attempts.wait("bo"))
        fail(attempts, f"name{number}")
        clock.advance(seconds=attempts.wait("bo"))
        with attempts.counted("bo"):
            pass
    fail(attempts, "one more")
    assert attempts.wait("ann") > 0


def test_what_was_no_guess_is_not_counted(attempts: Attempts) -> None:
    for _time in range(9):
        with pytest.raises(DeviceSecretError), attempts.counted("ann"):
            raise DeviceSecretError("the key store is gone")
    assert attempts.wait("ann") == 0


def test_the_file_does_not_tell_what_was_typed_as_a_name(attempts: Attempts) -> None:
    fail(attempts, "correct horse battery")
    assert b"horse" not in attempts.path.read_bytes()


@given(st.binary(max_size=300))
def test_any_bytes_in_the_file_are_a_new_beginning(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("attempts") / "attempts.json"
    path.write_bytes(raw)
    fail(Attempts(path, FixedClock(START)))


def test_many_names_fit_into_a_small_file(attempts: Attempts, clock: Boot) -> None:
    for number in range(210):
        clock.advance(seconds=attempts.wait(f"name{number}"))
        fail(attempts, f"name{number}")
    assert attempts.path.stat().st_size < 32 << 10
    assert attempts.wait("ann") == LONG_WAIT


# ------------------------------------------------------------------ codes, and what the log hears


def fail_code(attempts: Attempts, login: str = "ann") -> int:
    with pytest.raises(WrongCodeError) as caught, attempts.counted_code(login):
        raise WrongCodeError("no")
    return caught.value.seconds


def test_five_codes_in_five_minutes(attempts: Attempts, clock: Boot) -> None:
    assert [fail_code(attempts) for _time in range(CODE_FREE)] == [0, 0, 0, 0, CODE_WAIT]
    clock.set_wall(days=400)
    clock.advance(seconds=CODE_WAIT - 1)
    with pytest.raises(TooManyAttemptsError) as caught, attempts.counted_code("ann"):
        pytest.fail("looked at too early")
    assert caught.value.seconds == 1
    clock.advance(seconds=1)
    assert fail_code(attempts) == CODE_WAIT, "from now on one in five minutes"
    assert attempts.wait("ann") == 0, "the password is another matter"


def test_a_right_code_takes_the_count_back(attempts: Attempts) -> None:
    for _time in range(CODE_FREE - 1):
        fail_code(attempts)
    with attempts.counted_code("ann"):
        pass
    assert fail_code(attempts) == 0


def test_after_a_hundred_codes_only_somebody_else_helps(attempts: Attempts, clock: Boot) -> None:
    for _time in range(STOP):
        clock.advance(seconds=CODE_WAIT)
        fail_code(attempts)
    clock.advance(days=1)
    with pytest.raises(TooManyAttemptsError, match="closed"), attempts.counted_code("ann"):
        pytest.fail("looked at")
    attempts.forgive("ann")
    assert fail_code(attempts) == 0


def test_a_restart_of_the_pc_does_not_end_the_wait(attempts: Attempts, clock: Boot) -> None:
    for _time in range(CODE_FREE):
        fail_code(attempts)
    clock.restart()
    with pytest.raises(TooManyAttemptsError) as caught, attempts.counted_code("ann"):
        pytest.fail("looked at")
    assert 0 < caught.value.seconds <= CODE_WAIT


def test_what_failed_waits_for_the_log(attempts: Attempts) -> None:
    fail(attempts, "ann")
    fail(attempts, "Ann ")
    fail(attempts, "my password")
    fail_code(attempts)
    with attempts.counted("bo"):
        pass
    assert attempts.untold(["ann", "bo"]) == {"ann": 3, "": 1}
    assert attempts.untold([]) == {"": 4}
    attempts.told()
    assert attempts.untold(["ann", "bo"]) == {}


def test_an_attempt_that_was_cut_off_is_heard_of_too(attempts: Attempts) -> None:
    with attempts.counted("ann"):
        cut_off = attempts.path.read_bytes()
    attempts.path.write_bytes(cut_off)
    assert attempts.untold(["ann"]) == {"ann": 1}


# ------------------------------------------------------------------ a full disk


@pytest.fixture
def full_disk(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No file begins any more, after one sign-in; what is there can be written over."""
    with attempts.counted("ann"):
        pass
    really = os.open

    def begin_nothing(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        return really(path, flags, mode)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", begin_nothing)
        yield


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_whoever_is_right_goes_in_and_guesses_still_cost_time(
    attempts: Attempts, clock: Boot
) -> None:
    size = attempts.path.stat().st_size
    with attempts.counted("ann"):
        pass
    fail_patiently(attempts, clock, 3)
    fail(attempts)
    with pytest.raises(TooManyAttemptsError), attempts.counted("ann"):
        raise AssertionError("looked at")
    assert Attempts(attempts.path, clock).wait("ann") == 1  # another program on the same folder
    assert attempts.path.stat().st_size == size
    clock.advance(seconds=1)
    with attempts.counted("ann"):
        pass
    assert attempts.wait("ann") == 0


@pytest.mark.usefixtures("full_disk")
def test_what_has_no_room_in_place_is_not_looked_at(attempts: Attempts, clock: Boot) -> None:
    def guess_at_many() -> None:
        for number in range(100):
            name = f"name{number}"
            clock.advance(seconds=attempts.wait(name))
            fail(attempts, name)

    with pytest.raises(StorageError):
        guess_at_many()
    assert attempts.untold(["name0"])["name0"] == 1  # those before it still count
