"""The proofs of the exchange at the size of CI, and that they find what they look for."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic_desktop.clock import SystemClock
from clinic_desktop.sync.server.files import Files
from tests.proofs.needs import needs_recorder
from tests.proofs.sync import bad_network, fuzz, histories, kills, relay_power, upgrades
from tests.proofs.sync.careless import CARELESS
from tests.proofs.sync.simulated import injected, lies, runs
from tests.proofs.sync.simulated.machines import one_thread
from tests.proofs.sync.simulated.practice import Template, template
from tests.proofs.sync.simulated.wire import Server
from tests.proofs.sync.simulated.world import World
from tests.support import old_records

SEED = 20_261_122
FOUND = (6016, 7006, 100_101, 100_134)
"""Histories of the simulation that have found faults."""
SHOWING = sorted({injected.known(fault)[0] for fault in injected.INJECTED})
"""Those that show injected faults: each must hold without."""
ENOUGH = 500
"""Histories within which a fault must show."""


def test_random_histories_agree_and_lose_nothing() -> None:
    result = histories.prove(size=2000, seed=SEED)
    assert not result.failures
    assert str(result) == f"P1-P5 passed=2000 failed=0 seed={SEED}"


@pytest.mark.parametrize("fault", CARELESS)
def test_a_careless_rule_is_found(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    careless = CARELESS[fault]
    monkeypatch.setattr(careless.module, careless.name, careless.rule)
    numbers = range(SEED, SEED + ENOUGH)
    assert any(histories.History(number).play() for number in numbers)


@pytest.fixture(scope="module")
def practice() -> Iterator[Template]:
    """A practice of four PCs, made once."""
    with template() as made:
        yield made


@pytest.mark.parametrize("seed", [*SHOWING, *FOUND])
def test_whatever_happens_nothing_told_is_lost(practice: Template, seed: int) -> None:
    found = runs.faults_of(practice, seed)
    practice.sound[seed] = not found
    assert found == []


def test_one_seed_is_one_history(practice: Template) -> None:
    played = [World(practice, seed) for seed in (11, 11, 12)]
    for each in played:
        each.play()
    assert played[0].log == played[1].log
    assert played[0].trace == played[1].trace
    assert played[0].trace != played[2].trace


@pytest.mark.parametrize("fault", injected.INJECTED)
def test_an_injected_fault_is_found(practice: Template, fault: str) -> None:
    others = range(injected.FIRST, injected.FIRST + 400)  # another program has other histories
    seeds = [*injected.known(fault), *others]
    assert injected.found_within(practice, fault, seeds) is not None


@pytest.mark.parametrize("kind", lies.LIES)
def test_a_server_that_lies_is_not_believed(practice: Template, kind: str) -> None:
    assert lies.faults_of(practice, kind, seed=1, size=4) == []


def test_whatever_comes_is_read_or_refused(practice: Template) -> None:
    with one_thread(SEED):
        record = fuzz.Applied(practice)
        try:
            assert fuzz.faults_among(40_000, SEED, record.reader()) == []
        finally:
            record.close()


def test_a_full_server_whose_files_are_spoilt_goes_on(practice: Template, tmp_path: Path) -> None:
    shutil.copytree(practice.root / "server", tmp_path / "server")
    server = Server(tmp_path / "server", SystemClock())
    (person, *_others) = practice.people.values()
    server.start()
    try:
        clinic = person.keys.vault.clinic
        server.change(clinic, "UPDATE segment SET seg_no = seg_no WHERE clinic = :clinic")
        server.fill_disk()
        server.change(clinic, "UPDATE segment SET bytes = zeroblob(900000) WHERE clinic = :clinic")
        files = Files(tmp_path / "server")
        with files.practice(clinic) as rows:
            assert rows is not None
            (found,) = rows.all("SELECT max(length(bytes)) FROM segment WHERE clinic = :clinic")
        files.close()
        assert 0 < found[0] < 900_000
    finally:
        server.close()


@needs_recorder
def test_power_cuts_of_the_server_lose_nothing_that_it_acknowledged() -> None:
    result = relay_power.prove(size=150, seed=SEED, jobs=1)
    assert not result.failures
    assert result.passed == 150


@needs_recorder
def test_a_server_that_does_not_wait_for_the_disk_is_caught(tmp_path: Path) -> None:
    log = relay_power.record_day(tmp_path, 5, 12, "--careless")
    held, wrong, _disks = relay_power.check_day(tmp_path, log, 60, 5)
    assert held < 60
    assert any("is lost" in sentence for sentence in wrong)


@pytest.mark.skipif(sys.platform == "win32", reason="fork is POSIX's")
def test_over_a_bad_network_all_comes(practice: Template) -> None:
    assert bad_network.faults_of(practice, 4) == []


@pytest.mark.skipif(sys.platform == "win32", reason="fork is POSIX's")
def test_killed_while_they_exchange(practice: Template) -> None:
    assert kills.kill(practice, SEED, 4) == []


@pytest.mark.skipif(sys.platform == "win32", reason="fork is POSIX's")
def test_at_the_end_of_the_killing_a_server_that_starts_is_waited_for(practice: Template) -> None:
    with kills._bench(practice, SEED) as bench:
        bench.running["server"].hears(kills.MOST_S)
        bench._end("server")
        bench.start("server")
        assert bench.end() == []


@pytest.mark.skipif(sys.platform == "win32", reason="fork is POSIX's")
def test_a_server_that_ended_by_itself_is_a_finding(practice: Template) -> None:
    with kills._bench(practice, SEED) as bench:
        bench.running["server"].process.kill()
        bench.running["server"].process.join()
        (found,) = bench.end()
    assert "the server does not serve" in found


@needs_recorder
def test_the_server_whose_power_is_cut_drops_segments_and_too_many_are_noticed(
    tmp_path: Path,
) -> None:
    relay_power.record_day(tmp_path, 1, 40)
    (path,) = tmp_path.glob("server/??/??/*.db")
    files = Files(tmp_path / "server")
    with files.practice(uuid.UUID(hex=path.stem)) as rows:
        assert rows is not None
        firsts = rows.all(
            "SELECT min(seg_no), max(seg_no) FROM segment WHERE clinic = :clinic GROUP BY device_id"
        )
        assert max(first for first, _last in firsts) > 1
        assert relay_power._broken(rows) == []
        rows.run("DELETE FROM vouch WHERE clinic = :clinic")  # nobody has checked what stands
        assert relay_power._broken(rows) == ["too much was dropped"]
    files.close()


@pytest.fixture(scope="module")
def of_today() -> Iterator[upgrades.Template]:
    """A clinic that is laid back to earlier versions, made once."""
    with upgrades.template() as made:
        yield made


@pytest.mark.parametrize("version", [1, 2, 8, 11, 14])
def test_an_upgraded_record_shares_all_it_has(of_today: upgrades.Template, version: int) -> None:
    """Before the chain of members and signatures, before erasures, around the exchange."""
    assert upgrades.faults_of(of_today, version, SEED) == []


def test_an_upgrade_that_loses_what_was_changed_is_found(
    of_today: upgrades.Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = old_records._less
    monkeypatch.setattr(old_records, "_less", lambda *told: [less(*told)[0], []])
    assert upgrades.faults_of(of_today, 8, SEED)
