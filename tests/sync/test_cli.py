"""``sync``, ``device`` and ``join`` as an owner or a script calls them."""

from __future__ import annotations

import json
import queue
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop.cli import run
from clinic_desktop.config import DataDir
from clinic_desktop.joining import Joining, join
from clinic_desktop.sync.client import Address
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import Practice, add_patient


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    monkeypatch.setenv("CLINIC_NEW_PASSWORD", PASSWORD)


def call(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run(["--data-dir", str(folder), "--user", "ana", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_pass_says_what_it_did(practice: Practice, capsys: pytest.CaptureFixture[str]) -> None:
    add_patient(practice.front, "Ada")
    front = practice.root / "front"
    practice.opened.remove(practice.front)
    practice.front.close()
    code, said = call(front, capsys, "sync", "run")
    assert code == 0
    assert set(said) == {
        *("sent", "received", "pending", "kept_out", "conflicts"),
        *("bytes_up", "bytes_down", "round_trips"),
    }
    assert said["sent"] > 0
    assert said["pending"] == said["conflicts"] == 0
    code, said = call(front, capsys, "sync", "status")
    assert (code, said["server"], said["last_error"]) == (0, practice.server.url, "")
    assert said["last_ok"]
    code, said = call(front, capsys, "device", "list")
    assert [each["is_this"] for each in said["devices"]] == [True, False]
    assert len({each["prefix"] for each in said["devices"]}) == 2
    other = said["devices"][1]["id"]
    code, said = call(front, capsys, "device", "approve", "000000")
    assert (code, said["error"]["code"]) == (3, "not-found")
    code, said = call(front, capsys, "device", "invite")
    invitation, _at, server = said["code"].partition("@")
    assert (code, len(invitation), server) == (0, 35, practice.server.url)
    code, said = call(front, capsys, "device", "revoke", "nobody")
    assert code == 3
    code, said = call(front, capsys, "device", "revoke", other)
    assert (code, said) == (0, {"id": other, "new_epoch": True})
    code, said = call(front, capsys, "device", "revoke", other)
    assert (code, said) == (0, {"id": other, "new_epoch": False})
    assert run(["--data-dir", str(front), "--user", "ana", "device", "revoke", other]) == 0
    assert "taken out before" in capsys.readouterr().out
    code, said = call(front, capsys, "device", "list")
    assert [each["active"] for each in said["devices"]] == [True, False]


def test_what_failed_is_said_with_its_reason(
    practice: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    front = practice.root / "front"
    practice.opened.remove(practice.front)
    practice.front.close()
    invitation = call(front, capsys, "device", "invite")[1]["code"]
    assert call(front, capsys, "sync", "run")[0] == 0
    practice.server.stop()
    code, said = call(front, capsys, "sync", "run")
    assert (code, said["error"]["code"]) == (22, "server")
    code, said = call(front, capsys, "sync", "status")
    assert (said["last_error"], said["to_send"]) == ("server", 0)  # signing in is no change
    assert (
        run(["--data-dir", str(front), "--user", "ana", "--language", "ru", "sync", "status"]) == 0
    )
    told = capsys.readouterr().out
    assert "не удалась" in told
    assert run(["--data-dir", str(front), "--user", "ana", "sync", "run"]) == 22
    assert capsys.readouterr().err.startswith("The server cannot be reached.")
    assert f"{datetime.now(UTC):%Y}-" not in told  # no machine's time
    fresh = practice.root / "fresh"
    code, said = call(fresh, capsys, "join", invitation)
    assert (code, said["error"]["kept"]) == (22, "Nothing was changed.")
    code, said = call(front, capsys, "bundle", "export", str(practice.root / "b"), "--most", "0")
    assert (code, said["error"]["place"]) == (2, "--most")


def test_whoever_is_let_in_is_named_by_id(
    practice: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    front = practice.root / "front"
    practice.opened.remove(practice.front)
    practice.front.close()
    code, said = call(front, capsys, "device", "invite")
    invitation, _at, server = said["code"].partition("@")
    wanted = Joining(Address(server), invitation, "ana", PASSWORD)
    digits: queue.Queue[str] = queue.Queue()
    fresh = DataDir(practice.root / "fresh")
    with ThreadPoolExecutor(1) as other:
        joined = other.submit(join, fresh, wanted, digits.put, clock=practice.clock, cost=CHEAP)
        code, said = call(front, capsys, "device", "approve", digits.get(timeout=120))
        joined.result(120)
    assert code == 0
    found = call(front, capsys, "device", "list")[1]["devices"]
    assert said["id"] in [each["id"] for each in found if not each["is_this"]]


def test_a_second_server_on_a_folder_says_so(
    practice: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(practice.root / "server")
    code, said = call(practice.root, capsys, "serve", "--dir", folder, "--insecure", "--port", "0")
    assert (code, said["error"]["code"]) == (8, "in-use")
    assert "server" in said["error"]["message"]


def test_joining_refuses_what_is_no_invitation(
    practice: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--server", practice.server.url)
    fresh = practice.root / "fresh"
    for code in ("ABCDE", "0" * 30):
        assert call(fresh, capsys, "join", code, *words)[0] == 2
    assert call(fresh, capsys, "join", "0" * 30, "--server", "http://example.org")[0] == 2
    right = "00000-00000-00000-00000-00000-0"
    assert call(fresh, capsys, "join", right, *words)[0] == 2
    ended, said = call(fresh, capsys, "join", right)
    assert ended == 2
    assert "--server" in said["error"]["message"]
    assert not list(fresh.glob("clinic.db*"))


def test_the_sheet_alone_brings_the_practice_back(
    practice: Practice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_patient(practice.front, "Ada")
    front, fresh = practice.root / "front", practice.root / "fresh"
    practice.opened.remove(practice.front)
    practice.front.close()
    monkeypatch.setenv("CLINIC_RECOVERY_KEY", practice.sheet.text)
    words = ("recovery", "restore", "--server", practice.server.url)
    assert call(front, capsys, "sync", "run")[0] == 0
    code, said = call(fresh, capsys, *words)
    assert (code, said["practice"], said["user"]) == (0, "Canary Clinic", "ana")
    assert said["received"] > 0
    assert said["waiting"] == 0
    assert call(fresh, capsys, *words)[0] == 12
    code, said = call(fresh, capsys, "sync", "run")
    assert (code, said["kept_out"]) == (0, 0)
    code, said = call(fresh, capsys, "sync", "renew")
    assert (code, said["error"]["code"]) == (22, "server")  # it is no copy of anything
