"""The command line's own manners: JSON anywhere, errors as sentences, any terminal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import cli, clinic
from clinic_desktop.cli.output import Output
from clinic_desktop.config import DataDir
from clinic_desktop.errors import ClinicError
from tests.support.records import CHEAP, PASSWORD


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command; its exit code and the JSON it printed."""
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = cli.run(list(words))
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return code, found

    return run


@pytest.mark.parametrize(
    "words", [("--json", "search", "x"), ("search", "x", "--json"), ("search", "--json", "x")]
)
def test_json_may_be_asked_for_anywhere(
    said: Any, clinic_dir: DataDir, words: tuple[str, ...]
) -> None:
    assert said("--data-dir", str(clinic_dir.root), *words) == (0, {"patients": []})


@pytest.mark.parametrize(
    "words", [("nonsense",), ("search",), ("patient",), ("search", "x", "--limit", "many")]
)
def test_words_that_are_no_command_are_an_error_like_any_other(
    said: Any, words: tuple[str, ...]
) -> None:
    code, found = said("--json", *words)
    assert code == 2
    assert found["error"]["code"] == "usage"
    assert "usage: clinic-desktop" in found["error"]["hint"]


def test_help_lists_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for kind in ClinicError.__subclasses__():
        assert f"\n  {kind.exit_code} " in told, kind


def test_without_a_screen_the_window_is_refused_in_a_sentence(
    said: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    code, found = said("--data-dir", str(tmp_path / "none"), "--json")
    assert (code, found["error"]["code"]) == (12, "setup")


def test_a_terminal_that_cannot_write_a_letter_gets_json_all_the_same() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "ascii")
    Output(as_json=True, out=out, err=out).result({"name": "ИВАНОВА"})
    assert json.loads(raw.getvalue()) == {"name": "ИВАНОВА"}


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/full is of Linux")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is of Linux")
@pytest.mark.parametrize("words", [["search", "x"], ["search", "x", "--json"]])
def test_output_that_cannot_be_written_is_said_once(clinic_dir: DataDir, words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "clinic_desktop", "--data-dir", str(clinic_dir.root), *words],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"CLINIC_PASSWORD": PASSWORD},
        )  # fmt: skip
    assert done.returncode == 11
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_bytes_that_are_no_text_are_a_wrong_password(
    said: Any, clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", "\udcff\udcfe rubbish")
    code, found = said("--data-dir", str(clinic_dir.root), "search", "x", "--json")
    assert (code, found["error"]["code"]) == (7, "wrong-password")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("practice", " "),
        ("owner", ""),
        ("practice", "A" * 100_000),
        ("owner", "A" * 100_000),
        ("language", "../../etc"),
        ("region", "RUS"),
        ("currency", "ROUBLES"),
        ("time-zone", "Moscow"),
    ],
)
def test_a_clinic_that_could_not_be_opened_again_is_not_made(
    said: Any, tmp_path: Path, option: str, value: str
) -> None:
    words = {"practice": "Clinic", "owner": "anna"} | {option: value}
    options = [word for name, each in words.items() for word in (f"--{name}", each)]
    code, found = said("--data-dir", str(tmp_path / "new"), "init", *options, "--json")
    assert (code, found["error"]["code"]) == (2, "invalid")
    assert found["error"]["place"] == option.replace("-", "_")
    assert not (tmp_path / "new").exists()


def test_demo_does_not_pass_another_clinic_off_as_the_sample(
    said: Any, clinic_dir: DataDir
) -> None:
    code, found = said("--data-dir", str(clinic_dir.root), "demo", "--no-window", "--json")
    assert (code, found["error"]["code"]) == (12, "setup")
    clinic.open_clinic(clinic_dir, "amina", PASSWORD).close()


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of the file size is of POSIX")
@pytest.mark.parametrize("most_kilobytes", [2, 100, 500])
def test_a_clinic_is_made_whole_or_not_at_all(tmp_path: Path, most_kilobytes: int) -> None:
    """The disk takes so much and no more: an error, an empty folder, and a second try works."""
    script = (
        "import resource, signal, sys; from clinic_desktop import cli;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most_kilobytes << 10},) * 2);"
        "sys.exit(cli.run(sys.argv[1:]))"
    )
    folder = tmp_path / "clinic"
    words = ["--data-dir", str(folder), "--json", "init", "--practice", "A", "--owner", "anna"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False,
        env=os.environ | {"CLINIC_PASSWORD": PASSWORD, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 11, done.stdout + done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "storage"
    assert [path.name for path in folder.iterdir()] == ["clinic.lock"]
    new = clinic.NewClinic("A", "anna", "Anna", PASSWORD)
    clinic.create(DataDir(folder), new, cost=CHEAP).close()
    clinic.open_clinic(DataDir(folder), "anna", PASSWORD).close()


@pytest.mark.parametrize(
    ("file", "content", "check"),
    [("vault.json", b"{", "key file"), ("clinic.db", b"", "record"), ("", b"", "")],
)
def test_the_doctor_says_what_is_wrong_without_a_password(
    said: Any, clinic_dir: DataDir, file: str, content: bytes, check: str
) -> None:
    if file:
        (clinic_dir.root / file).write_bytes(content)
    code, found = said("--data-dir", str(clinic_dir.root), "doctor", "--json")
    assert code == (9 if file else 0)
    assert [name for name, complaint in found["checks"].items() if complaint] == [check][:code]
    assert found["encrypted"] is (None if file == "clinic.db" else True)


@pytest.mark.parametrize("words", [["doctor"], ["--json", "search", "x"], []])
@pytest.mark.parametrize("empty", [["--data-dir", ""], ["--data-dir="], ["--data-dir", "  "]])
def test_an_empty_data_folder_is_not_the_one_that_one_stands_in(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], empty: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, found = said(*empty, *words, "--json")
    assert (code, found["error"]["code"]) == (2, "usage")
    assert "folder is missing" in found["error"]["message"]
    assert not list(tmp_path.iterdir())
