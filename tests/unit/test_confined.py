"""The process that takes foreign files apart may do anything: the program goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic_desktop import __main__
from clinic_desktop.confined import reading
from clinic_desktop.confined.reading import Confined, StoppedError
from clinic_desktop.errors import BadFileError, SetupError
from tests.support.misdeeds import Said

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
SERVE = "from tests.support.misdeeds import serve; serve()"


@pytest.fixture
def confined(monkeypatch: pytest.MonkeyPatch) -> Iterator[Confined]:
    monkeypatch.setattr(reading, "_command", lambda: [sys.executable, "-P", "-B", "-c", SERVE])
    process = Confined()
    yield process
    process.close()
    assert process.pid is None


def gone(pid: int | None) -> bool:
    """Ended, and waited for: a zombie would still answer."""
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_many_files_are_read_by_one_process(confined: Confined) -> None:
    found = [confined.read("echo", Said, b"a", {"more": n}).text for n in range(5)]
    first = confined.pid
    assert found == ["a0", "a1", "a2", "a3", "a4"]
    assert confined.read("echo", Said, b"").text == ""
    assert confined.pid == first


@pytest.mark.parametrize("misdeed", ["spin", "dawdle", "gobble", "die", "print"])
def test_a_misdeed_is_a_sentence_and_the_next_file_is_read(
    confined: Confined, misdeed: str
) -> None:
    assert confined.read("echo", Said, b"before").text == "before"
    first = confined.pid
    with pytest.raises(BadFileError) as refused:
        confined.read(misdeed, Said, b"Maria Lopez", name="scan.pdf")
    words = {"spin": "longer", "dawdle": "longer", "gobble": "memory"}.get(misdeed, "damaged")
    assert words in refused.value.message
    assert refused.value.place == "scan.pdf"
    assert "Lopez" not in str(refused.value)
    assert gone(first)
    assert confined.read("echo", Said, b"after").text == "after"


def test_a_process_that_says_nothing_is_ended_by_the_clock(
    confined: Confined, monkeypatch: pytest.MonkeyPatch
) -> None:
    confined.read("echo", Said, b"")
    monkeypatch.setattr("clinic_desktop.confined.words.SECONDS_WALL", 0)
    with pytest.raises(BadFileError, match="longer"):
        confined.read("spin", Said, b"x")


def test_it_cannot_write_and_inherits_neither_files_nor_secrets(
    confined: Confined, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", "correct horse")
    file = tmp_path / "out"
    with (tmp_path / "held").open("wb") as held:
        os.set_inheritable(held.fileno(), True)
        assert confined.read("write", Said, b"", {"path": str(file)}).text == "OSError"
        assert not file.exists() or file.read_bytes() == b""
        assert int(confined.read("descriptors", Said, b"").text) <= 6
        assert "horse" not in confined.read("secret", Said, b"").text


def test_what_the_parser_says_reaches_the_person(confined: Confined) -> None:
    with pytest.raises(BadFileError) as refused:
        confined.read("refuse", Said, "Too \u202elarge\x1b[2J.".encode(), name="a.png")
    assert refused.value.message == "Too large[2J."
    assert (refused.value.kept, refused.value.hint, refused.value.place) == (
        "Kept.",
        "Hint.",
        "a.png",
    )
    first = confined.pid
    assert confined.read("echo", Said, b"x").text == "x"
    assert confined.pid == first, "a refusal is no misdeed"


def test_leaving_early_and_cancelling_end_the_process(confined: Confined) -> None:
    answers = confined.stream("many", Said, b"")
    assert next(answers).text == "0"
    first = confined.pid
    answers.close()
    assert gone(first)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(StoppedError):
        list(confined.stream("spin", Said, b"x", cancel=cancel))
    assert confined.pid is None


def test_one_that_ended_of_idleness_is_replaced(confined: Confined) -> None:
    confined.read("echo", Said, b"")
    first = confined.pid
    assert first is not None
    os.kill(first, 9)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert confined.read("echo", Said, b"again").text == "again"
    assert confined.pid != first


def test_a_program_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (["/no/such/program"], [sys.executable, "-c", "print('hello')"]):
        monkeypatch.setattr(reading, "_command", lambda command=command: command)
        process = Confined()
        with pytest.raises(SetupError):
            process.read("echo", Said, b"")
        assert process.pid is None


def test_the_argument_is_the_one_the_program_knows() -> None:
    assert f'"{reading.ARGUMENT}"' in Path(str(__main__.__file__)).read_text("utf-8")


def test_it_loads_neither_the_record_nor_a_window() -> None:
    loads = (
        "import sys; from importlib import import_module;"
        "from clinic_desktop.confined import tasks;"
        "[import_module(each.partition(':')[0]) for each in tasks.TASKS.values()];"
        "print([each for each in ('sqlalchemy', 'PySide6', 'keyring') if each in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
