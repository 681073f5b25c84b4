"""Try the built program as a clinic would, on an empty folder; a line on stderr is a failure.

Run it as ``python packaging/smoke.py dist/clinic-desktop``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PASSWORD = "a long enough password"  # noqa: S105 - of a clinic that lives for a minute
TIMEOUT = 120


def program(folder: Path) -> Path:
    """The program in a built folder."""
    return folder / ("clinic-desktop.exe" if os.name == "nt" else "clinic-desktop")


class Trial:
    """One empty data folder and the built program."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.program = program(folder)
        self.data = home / "clinic"
        # Nothing of the development environment: neither its Python nor its libraries.
        keep = ("PATH", "SYSTEMROOT", "TEMP", "LANG")
        self.environment = {name: os.environ[name] for name in keep if name in os.environ}
        self.environment |= {"HOME": str(home), "USERPROFILE": str(home)}
        self.environment |= {"QT_QPA_PLATFORM": "offscreen", "CLINIC_PASSWORD": PASSWORD}

    def run(self, *words: str) -> str:
        """Run one command; it has to succeed and to say nothing on stderr."""
        done = subprocess.run(
            [str(self.program), "--data-dir", str(self.data), *words],
            env=self.environment,
            cwd=self.data.parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode or done.stderr:
            sys.exit(f"{' '.join(words)} ended with {done.returncode}\n{done.stderr}{done.stdout}")
        print(f"ok  {' '.join(words[:2])}")
        return done.stdout

    def ask(self, *words: str) -> dict[str, Any]:
        """Run one command and read its JSON."""
        answer = json.loads(self.run(*words, "--json"))
        assert isinstance(answer, dict), answer
        return answer


def look(folder: Path) -> None:
    """What must lie in the folder, and what must not."""
    names = {path.name for path in folder.rglob("*")}
    assert any("Qt6Core" in name or name == "QtCore" for name in names), "Qt is not separate"
    assert not any(name.startswith("DarkGarden") for name in names), "a font under the GPL"
    texts = folder / "licences"
    for package in ("pyside6-essentials", "python-bidi", "sqlcipher3", "fontpkg-noto-sans"):
        assert any((texts / package).iterdir()), package
    print("ok  contents and licences")


def attempt(folder: Path, home: Path) -> None:
    """From an empty folder to a printed prescription."""
    trial = Trial(folder, home)
    assert trial.ask("doctor")["cipher"], "no cipher"
    trial.run("init", "--practice", "Smoke Test Practice", "--owner", "maria")
    made = trial.ask("patient", "add", "--family", "Иванова", "--given", "Мария")
    found = trial.ask("search", "ivanova")["patients"]
    assert [row["id"] for row in found] == [made["id"]], found
    healthy = trial.ask("doctor")
    assert healthy["encrypted"] is True
    assert not any(healthy["checks"].values()), healthy["checks"]
    trial.run("check")

    day = home / "day"
    trial.run("day", "--out", str(day))
    papers = sorted(path.name for path in day.rglob("*.pdf"))
    assert any("prescription" in name for name in papers), papers
    for path in day.rglob("*.pdf"):
        assert path.read_bytes().startswith(b"%PDF-"), path
    assert any(day.rglob("*.png")), "no window was drawn"


def main(arguments: list[str]) -> int:
    """Try the folder named."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    folder = Path(arguments[0]).resolve()
    look(folder)
    with tempfile.TemporaryDirectory() as home:
        attempt(folder, Path(home))
    print("the built program works")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
