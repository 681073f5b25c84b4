"""The sample clinic in each language, as the commands make it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from clinic_desktop import cli, clinic, i18n
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import SetupError
from clinic_desktop.sample_clinic import create_sample
from clinic_desktop.services import integrity
from clinic_desktop.services.sample.script import SAMPLE_PASSWORD, script
from clinic_desktop.services.scheduling.board import today_board
from tests.support.records import CHEAP, NOON

SCRIPTS = {"en": r"[A-Za-z' -]+", "ru": r"[А-ЯЁа-яё -]+", "ar": r"[\u0621-\u064a -]+"}


@pytest.mark.slow
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_sample_is_a_whole_clinic_in_full_swing(tmp_path: Path, language: str) -> None:
    clock = FixedClock(NOON, seed=1)
    made = create_sample(DataDir(tmp_path), language, clock, CHEAP)
    try:
        people = made.store.read(
            made.actor,
            lambda reads: reads.cursor.execute(
                "SELECT family, given, sex, address, city, birth_date FROM patient"
            ).fetchall(),
        ).result()
        assert len(people) == 60
        assert len({(family, given) for family, given, *_rest in people}) == 60
        names = script(language).data["names"]
        for family, given, sex, address, city, birth in people:
            assert re.fullmatch(SCRIPTS[language], f"{family} {given}")
            assert given in names["female" if sex == "female" else "male"]
            assert address
            assert city
            assert birth <= "2026-11-21"
        board = made.store.read(made.actor, today_board).result()
        counted = Counter(row.appointment.status for row in board.rows)
        wanted = {"booked", "confirmed", "arrived", "in-room", "to-bill", "done", "no-show"}
        assert wanted <= {str(status) for status in counted}
        days = made.store.read(
            made.actor,
            lambda reads: reads.cursor.execute(
                "SELECT count(DISTINCT start_at / 86400000) FROM appointment"
            ).fetchone()[0],
        ).result()
        assert days >= 12
        assert made.store.read(made.actor, integrity.check).result().ok
        assert made.language().language == language
    finally:
        made.close()
    for each in script(language).staff:
        opened = clinic.open_clinic(DataDir(tmp_path), each.login, SAMPLE_PASSWORD, clock)
        assert opened.actor.roles == each.roles
        opened.close()


def test_the_sample_never_replaces_a_clinic(clinic_dir: DataDir) -> None:
    before = clinic_dir.vault.read_bytes()
    with pytest.raises(SetupError):
        create_sample(clinic_dir, "en", cost=CHEAP)
    assert clinic_dir.vault.read_bytes() == before


@pytest.mark.slow
def test_the_command_makes_it_once_and_says_how_to_get_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--data-dir", str(tmp_path / "s"), "demo", "--language", "ru", "--no-window"]
    assert cli.run([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["password"] == SAMPLE_PASSWORD
    assert [each["login"] for each in told["users"]] == ["doctor", "doctor2", "nurse", "desk"]
    key = (tmp_path / "s" / "vault.json").read_bytes()
    assert cli.run(command) == 0
    assert (tmp_path / "s" / "vault.json").read_bytes() == key
