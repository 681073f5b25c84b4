"""The second factor at the door: asked after the password, each code once, and a way without it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from clinic_desktop import cli, clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import (
    CodeNeededError,
    NotFoundError,
    PermissionDeniedError,
    TooManyAttemptsError,
    ValidationError,
    WrongCodeError,
    WrongPasswordError,
)
from clinic_desktop.security.attempts import CODE_FREE
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.second_factor import CODES, Offer
from clinic_desktop.services import own_code, own_pin, people
from clinic_desktop.services.people import NewPerson, Person
from tests.support.phone import Phone
from tests.support.records import CHEAP, NOON, PASSWORD

JOSE, NEW_PASSWORD = "blue bicycle bell", "a whole new sentence"
OFFER = Offer.new()
PHONE = Phone(OFFER.seed)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON, seed=1000)


@pytest.fixture
def opened(clinic_dir: DataDir, clock: FixedClock) -> Iterator[Clinic]:
    """Amina, the owner, and José, who are asked for a code from now on."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    found.keys.cost = CHEAP
    found.add_person(NewPerson("jose", "José Otieno", ("doctor",)), JOSE)
    found.switch_user("jose", JOSE)
    switch_on(found)
    found.switch_user("amina", PASSWORD)
    switch_on(found)
    clock.advance(minutes=1)
    yield found
    found.close()


def switch_on(found: Clinic) -> None:
    now = found.store.clock.now()
    found.store.write(found.actor, own_code.switch_on, OFFER, PHONE.shows(now)).result()


def come(data_dir: DataDir, clock: FixedClock, code: str = "") -> Clinic:
    return clinic.open_clinic(data_dir, "amina", PASSWORD, clock, code)


def kinds(found: Clinic) -> list[str]:
    rows = found.store.read(
        found.actor, lambda reads: reads.cursor.execute("select kind from audit_event").fetchall()
    )
    return [kind for (kind,) in rows.result()]


def test_after_the_password_the_code_is_asked_for(opened: Clinic, clock: FixedClock) -> None:
    opened.close()
    with pytest.raises(CodeNeededError):
        come(opened.data_dir, clock)
    with pytest.raises(WrongCodeError, match="12:01"):
        come(opened.data_dir, clock, "000000")
    with pytest.raises(WrongPasswordError):
        clinic.open_clinic(opened.data_dir, "amina", "wrong", clock, PHONE.shows(clock.now()))
    again = come(opened.data_dir, clock, PHONE.shows(clock.now()))
    refused = kinds(again).count("session.refused")
    again.close()
    assert refused == 1, "both failures stand there in one line"
    with pytest.raises(WrongCodeError):
        come(opened.data_dir, clock, PHONE.shows(clock.now()))


def test_an_answer_without_a_code_says_nothing_of_the_second_factor_before_the_password(
    opened: Clinic, clock: FixedClock
) -> None:
    opened.close()
    with pytest.raises(WrongPasswordError):
        clinic.open_clinic(opened.data_dir, "amina", "wrong", clock)


def test_a_recovery_code_stands_for_the_phone_once(opened: Clinic, clock: FixedClock) -> None:
    opened.close()
    come(opened.data_dir, clock, OFFER.codes[0]).close()
    with pytest.raises(WrongCodeError):
        come(opened.data_dir, clock, OFFER.codes[0])
    again = come(opened.data_dir, clock, OFFER.codes[1])
    found = again.store.read(again.actor, own_code.own_code).result()
    assert found == own_code.OwnCode(is_on=True, codes_left=CODES - 2)
    assert "session.code-from-paper" in kinds(again)
    codes = again.store.write(again.actor, own_code.renew_codes).result()
    again.close()
    with pytest.raises(WrongCodeError):
        come(opened.data_dir, clock, OFFER.codes[2])
    come(opened.data_dir, clock, codes[0]).close()


def test_guessing_codes_is_held_up_over_restarts(opened: Clinic, clock: FixedClock) -> None:
    opened.close()
    for _time in range(CODE_FREE):
        with pytest.raises(WrongCodeError):
            come(opened.data_dir, clock, "000000")
    with pytest.raises(TooManyAttemptsError):
        come(opened.data_dir, clock, PHONE.shows(clock.now()))
    clock.advance(minutes=5)
    come(opened.data_dir, clock, PHONE.shows(clock.now())).close()


def test_who_was_here_is_not_asked_again_and_a_stranger_to_this_pc_is(
    opened: Clinic, clock: FixedClock
) -> None:
    opened.switch_user("jose", JOSE)
    opened.close()
    again = come(opened.data_dir, clock, PHONE.shows(clock.now()))
    with pytest.raises(CodeNeededError):
        again.switch_user("jose", JOSE)
    assert again.actor.login == "amina"
    again.switch_user("jose", JOSE, PHONE.shows(clock.now()))
    again.store.write(again.actor, own_pin.set_pin, "274916").result()
    again.switch_user("amina", PASSWORD)
    assert again.enter("jose", "274916").login == "jose"
    clock.advance(hours=13)
    with pytest.raises(CodeNeededError):
        again.enter("amina", PASSWORD)
    again.close()


def test_it_is_switched_on_by_a_code_of_the_phone_only(opened: Clinic, clock: FixedClock) -> None:
    other = Offer.new()
    for typed in ("000000", PHONE.shows(clock.now()), other.codes[0], ""):
        with pytest.raises(ValidationError):
            opened.store.write(opened.actor, own_code.switch_on, other, typed).result()


def test_the_owner_helps_whoever_lost_the_phone(opened: Clinic, clock: FixedClock) -> None:
    staff = opened.store.read(opened.actor, people.everybody).result()
    jose, amina = (person(staff, login) for login in ("jose", "amina"))
    assert opened.store.read(opened.actor, own_code.with_code).result() == {jose.id, amina.id}
    opened.switch_code_off(jose)
    with pytest.raises(NotFoundError):
        opened.switch_code_off(jose)
    assert "user.code-off" in kinds(opened)
    opened.switch_user("jose", JOSE)
    with pytest.raises(PermissionDeniedError):
        opened.switch_code_off(amina)
    opened.close()
    clinic.open_clinic(opened.data_dir, "jose", JOSE, clock).close()


def person(people: tuple[Person, ...], login: str) -> Person:
    return next(each for each in people if each.login == login)


def test_the_recovery_sheet_stands_for_the_phone_too(
    clinic_dir: DataDir, clock: FixedClock
) -> None:
    made = RecoveryKey.new()
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    found.use_recovery(made)
    switch_on(found)
    found.close()
    clinic.recover(clinic_dir, made, "amina", NEW_PASSWORD, clock, CHEAP).close()
    clinic.open_clinic(clinic_dir, "amina", NEW_PASSWORD, clock).close()


def test_neither_log_nor_its_export_holds_the_seed(opened: Clinic) -> None:
    def everything(reads: ReadSession) -> bytes:
        rows = reads.cursor.execute("select * from sync_commit").fetchall()
        return repr(rows).encode()

    log = opened.store.read(opened.actor, everything).result()
    for secret in (OFFER.seed, OFFER.text.replace(" ", "").encode()):
        assert secret not in log
        assert repr(secret)[2:-1].encode() not in log
    for path in opened.data_dir.root.rglob("*"):
        if path.is_file():
            assert OFFER.seed not in path.read_bytes()


def test_the_command_line_asks_for_the_code_too(
    opened: Clinic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened.close()
    line = ["--data-dir", str(opened.data_dir.root), "--user", "amina", "user", "list", "--json"]
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    monkeypatch.delenv("CLINIC_CODE", raising=False)
    assert cli.run(line) == CodeNeededError.exit_code
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "code-needed"
    monkeypatch.setenv("CLINIC_CODE", "000000")
    assert cli.run(line) == WrongCodeError.exit_code
    monkeypatch.setenv("CLINIC_CODE", OFFER.codes[0])
    assert cli.run(line) == 0
    capsys.readouterr()
    assert cli.run(line) == WrongCodeError.exit_code
    assert cli.run([*line[:4], "user", "list"]) == WrongCodeError.exit_code


def test_the_log_hears_of_wrong_passwords_from_the_command_line(
    clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(login: str, password: str) -> int:
        monkeypatch.setenv("CLINIC_PASSWORD", password)
        return cli.run(["--data-dir", str(clinic_dir.root), "--user", login, "user", "list"])

    answers = []
    for login in ("amina", "nobody"):
        assert run(login, "wrong") == WrongPasswordError.exit_code
        answers.append(capsys.readouterr().err)
    assert answers[0] == answers[1], "the answer does not tell who exists"
    assert run("amina", "wrong") == WrongPasswordError.exit_code
    assert run("amina", PASSWORD) == 0
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    rows = found.store.read(
        found.actor,
        lambda reads: reads.cursor.execute(
            "select object_id, detail from audit_event where kind = 'session.refused'"
        ).fetchall(),
    ).result()
    found.close()
    assert sorted((bool(who), json.loads(detail)["times"]) for who, detail in rows) == [
        (False, 1), (True, 2),
    ]  # fmt: skip
