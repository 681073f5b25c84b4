"""The practice and its people for real: the record, the vault and the copy on another disk."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from clinic_desktop import cli, clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.domain.permissions import SINGLE_DOCTOR
from clinic_desktop.errors import (
    PermissionDeniedError,
    StaleError,
    ValidationError,
    WrongPasswordError,
)
from clinic_desktop.i18n import Language
from clinic_desktop.practice_language import LATIN_DIGITS
from clinic_desktop.services import people, practice, setup
from clinic_desktop.services.billing import catalogue, starter
from clinic_desktop.services.people import NewPerson, Person
from tests.support.records import CHEAP, PASSWORD, Record

JOSE = NewPerson("jose", "José Otieno", ("receptionist",))
JOSE_PASSWORD = "blue bicycle bell"


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    """The clinic, signed in as its owner, with cheap new passwords."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    found.keys.cost = CHEAP
    yield found
    found.close()


def person(of: Clinic, login: str) -> Person:
    found = of.store.read(of.actor, people.everybody).result()
    return next(each for each in found if each.login == login)


def test_a_new_person_signs_in_with_the_own_password(opened: Clinic) -> None:
    opened.add_person(JOSE, JOSE_PASSWORD)
    opened.close()
    again = clinic.open_clinic(opened.data_dir, "jose", JOSE_PASSWORD)
    assert again.actor.roles == ("receptionist",)
    again.close()


def test_a_login_is_given_once(opened: Clinic) -> None:
    opened.add_person(JOSE, JOSE_PASSWORD)
    with pytest.raises(ValidationError) as refused:
        opened.add_person(NewPerson("JOSE", "Other", ("nurse",)), JOSE_PASSWORD)
    assert refused.value.field == "login"
    assert len(opened.keys.vault.slots) == 2


def test_a_short_password_enters_nobody(opened: Clinic) -> None:
    with pytest.raises(ValidationError):
        opened.add_person(JOSE, "short")
    assert len(opened.store.read(opened.actor, people.everybody).result()) == 1


def test_who_has_left_cannot_sign_in(opened: Clinic) -> None:
    opened.retire_person(opened.add_person(JOSE, JOSE_PASSWORD))
    with pytest.raises(WrongPasswordError):
        opened.switch_user("jose", JOSE_PASSWORD)
    assert not person(opened, "jose").is_active


def test_the_last_owner_stays(opened: Clinic) -> None:
    opened.add_person(JOSE, JOSE_PASSWORD)
    owner = person(opened, "amina")
    with pytest.raises(ValidationError):
        opened.retire_person(owner.id)
    with pytest.raises(ValidationError):
        opened.change_roles(owner.id, ("doctor",))
    assert person(opened, "amina").roles == SINGLE_DOCTOR


def test_the_owner_may_leave_once_there_is_another(opened: Clinic) -> None:
    jose = opened.add_person(JOSE, JOSE_PASSWORD)
    opened.change_roles(jose, ("owner",))
    opened.switch_user("jose", JOSE_PASSWORD)
    opened.retire_person(person(opened, "amina").id)
    assert [slot.login for slot in opened.keys.vault.slots] == ["jose"]


def test_nobody_ends_the_own_way_in(opened: Clinic) -> None:
    """What follows, the record's new key, would be by somebody who left."""
    jose, key = opened.add_person(JOSE, JOSE_PASSWORD), opened.keys.key
    opened.change_roles(jose, ("owner",))
    with pytest.raises(ValidationError, match="your own"):
        opened.retire_person(person(opened, "amina").id)
    assert person(opened, "amina").is_active
    assert opened.keys.key == key
    assert {slot.login for slot in opened.keys.vault.slots} == {"amina", "jose"}


def test_the_own_password_changes_only_with_the_old_one(opened: Clinic) -> None:
    with pytest.raises(WrongPasswordError):
        opened.change_password("not this one", "a whole new sentence")
    opened.change_password(PASSWORD, "a whole new sentence")
    opened.close()
    with pytest.raises(WrongPasswordError):
        clinic.open_clinic(opened.data_dir, "amina", PASSWORD)
    clinic.open_clinic(opened.data_dir, "amina", "a whole new sentence").close()


def test_the_owner_gives_a_forgotten_password_anew(opened: Clinic) -> None:
    opened.add_person(JOSE, JOSE_PASSWORD)
    opened.set_password(person(opened, "jose"), "green garden gate")
    assert opened.switch_user("jose", "green garden gate").login == "jose"
    with pytest.raises(PermissionDeniedError):
        opened.set_password(person(opened, "amina"), "mine now, I think")


def test_the_lock_screen_follows_the_name_of_the_practice(opened: Clinic) -> None:
    opened.rename("New Name")
    opened.close()
    again = clinic.open_clinic(opened.data_dir, "amina", PASSWORD)
    assert again.keys.vault.name == "New Name"
    again.close()


def test_a_person_speaks_an_own_language_in_the_clinics_formats(opened: Clinic) -> None:
    opened.store.write(opened.actor, people.speak, "ar").result()
    opened.store.write(opened.actor, practice.decide, LATIN_DIGITS, value=False).result()
    assert opened.language() == Language("ar", "KE", "Africa/Nairobi", latin_digits=False)
    opened.store.write(opened.actor, people.speak, "").result()
    assert opened.language().language == "en"


def test_details_saved_by_two_people_do_not_overwrite_each_other(record: Record) -> None:
    found = record.read(practice.details)
    record.write(practice.change_details, replace(found, phone="0712345678"))
    with pytest.raises(StaleError):
        record.write(practice.change_details, replace(found, city="Nairobi"))


@pytest.mark.parametrize("data", [b"no picture", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a" + bytes(90)])
def test_a_bad_logo_is_refused(record: Record, data: bytes) -> None:
    with pytest.raises(ValidationError) as refused:
        record.write(practice.change_logo, data)
    assert refused.value.field == "logo"


def test_a_logo_is_made_small_and_taken_away_again(record: Record) -> None:
    out = io.BytesIO()
    Image.new("RGB", (3000, 1500), "teal").save(out, "JPEG")
    record.write(practice.change_logo, out.getvalue())
    with Image.open(io.BytesIO(record.read(practice.details).logo)) as kept:
        assert kept.size == (practice.LOGO_SIDE, practice.LOGO_SIDE // 2)
    record.write(practice.change_logo, b"")
    assert record.read(practice.details).logo == b""


# ------------------------------------------------------------------ set-up


def test_the_checklist_tells_what_is_there(record: Record) -> None:
    done = {item.step: item.is_done for item in record.read(setup.checklist)}
    assert not any(done.values())
    forms = starter.starter_services(Language("en"), "KES")
    record.write(starter.begin_price_list, forms, starter.StarterTax())
    done = {item.step: item.is_done for item in record.read(setup.checklist)}
    assert [step for step, is_done in done.items() if is_done] == [setup.SetupStep.PRICES]


def test_the_first_run_is_resumed_where_it_was_left(record: Record) -> None:
    assert record.read(setup.open_step) == ""
    record.write(setup.reach_step, "printers")
    assert record.read(setup.open_step) == "printers"


@pytest.mark.parametrize("currency", ["USD", "RUB", "JPY", "JOD", "XOF"])
def test_starter_prices_are_whole_and_can_be_charged(record: Record, currency: str) -> None:
    forms = starter.starter_services(Language("ru"), currency)
    assert record.write(starter.begin_price_list, forms, starter.StarterTax("VAT", 1600)) == 7
    rows = record.read(catalogue.services)
    assert {row.tax_bp for row in rows} == {1600}
    assert all(row.amount_minor >= 0 for row in rows)


def test_a_tax_in_use_is_kept(record: Record) -> None:
    tax = record.write(catalogue.save_tax_rate, "VAT", 1600)
    form = catalogue.ServiceForm("Consultation", 200_000, tax_rate_id=tax)
    service = record.write(catalogue.save_service, form)
    with pytest.raises(ValidationError):
        record.write(catalogue.retire_tax_rate, tax)
    bare = catalogue.ServiceForm("Consultation", 200_000, id=service)
    record.write(catalogue.save_service, bare)
    record.write(catalogue.retire_tax_rate, tax)
    assert record.read(catalogue.tax_rates) == ()


# ------------------------------------------------------------------ command line


def test_people_on_the_command_line(
    clinic_dir: DataDir,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    monkeypatch.setenv("CLINIC_NEW_PASSWORD", JOSE_PASSWORD)

    def run(*words: str, code: int = 0) -> dict[str, object]:
        asked = ["--data-dir", str(clinic_dir.root), "--user", "amina", *words, "--json"]
        done = cli.run(asked)
        found = json.loads(capsys.readouterr().out)
        assert done == code, found
        return dict(found)

    twice = ("--role", "nurse") * 2
    added = run("user", "add", "--login", "jose", "--name", "José", *twice)
    assert added["login"] == "jose"
    people = run("user", "list")["people"]
    assert isinstance(people, list)
    assert {each["login"] for each in people} == {"amina", "jose"}
    assert next(each["roles"] for each in people if each["login"] == "jose") == ["nurse"]
    line = [
        "--data-dir",
        str(clinic_dir.root),
        "--user",
        "amina",
        "--language",
        "ru",
        "user",
        "list",
    ]
    assert cli.run(line) == 0
    assert "jose  José  Медсестра" in capsys.readouterr().out
    clinic.open_clinic(clinic_dir, "jose", JOSE_PASSWORD).close()
    monkeypatch.setenv("CLINIC_NEW_PASSWORD", "green garden gate")
    assert run("user", "passwd", "jose")["login"] == "jose"
    clinic.open_clinic(clinic_dir, "jose", "green garden gate").close()
    assert run("user", "passwd") == {"login": "amina"}
    monkeypatch.setenv("CLINIC_PASSWORD", "green garden gate")
    assert run("user", "revoke", "JOSE")["key_changed"] is True
    assert run("user", "revoke", "jose", code=3)["error"]
    assert run("user", "revoke", "amina", code=2)["error"]
    with pytest.raises(WrongPasswordError):
        clinic.open_clinic(clinic_dir, "jose", "green garden gate")
