"""What the lock promises: exact versions, hashes, no address, and a Qt that can count."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_its_hashes_and_no_address(repository: Path, name: str) -> None:
    text = (repository / name).read_text(encoding="utf-8")
    packages = [block for block in re.split(r"\n(?=\S)", text.strip()) if block[0] != "#"]
    assert len(packages) > 40
    for block in packages:
        assert re.match(r"[\w.-]+==\S+", block), block
        assert "--hash=sha256:" in block, block
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_everything_that_ships_is_also_installed_for_development(repository: Path) -> None:
    def pins(name: str) -> set[str]:
        text = (repository / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([\w.-]+==[^ ;\\]+)", text, re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_every_dependency_is_locked(repository: Path) -> None:
    with (repository / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    locked = (repository / "requirements.txt").read_text(encoding="utf-8").lower()
    for dependency in project["project"]["dependencies"]:
        name = re.split(r"[<>=!~ \[;]", dependency)[0].lower()
        assert f"{name}==" in locked, dependency


def test_qt_returns_the_references_it_borrows() -> None:
    """PySide6 6.12 on Python 3.11 loses one reference to True at each emit, and aborts in the end.

    From Python 3.12 on these objects are immortal and the question does not arise.
    """

    class Bell(QObject):
        rung = Signal(bool)

    bell = Bell()
    heard: list[bool] = []
    bell.rung.connect(heard.append)
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(500):
        bell.rung.emit(True)
    heard.clear()
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert all(was - now < 100 for was, now in zip(before, after, strict=True))


def test_the_command_line_loads_no_qt() -> None:
    code = (
        "import sys, clinic_desktop.__main__, clinic_desktop.cli;"
        "print([name for name in sys.modules if name.startswith(('PySide6', 'shiboken6'))])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_window_keeps_no_sources_in_memory() -> None:
    """Qt for Python would read every module loaded after it: 30 MB of lines."""
    code = (
        "import linecache, clinic_desktop.app;"
        "print([name for name in linecache.cache if 'clinic_desktop' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
