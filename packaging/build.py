"""Build the program folder of this system into dist/ and try it: what ``make package`` does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDER = ROOT / "dist" / "clinic-desktop"


def run(*command: str | Path) -> None:
    """Run a step that has to succeed."""
    code = subprocess.run([str(word) for word in command], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def build() -> None:
    """Let PyInstaller put the folder together; add licences, a list, what a desktop needs."""
    options = ("--noconfirm", "--clean", "--log-level", "WARN", "--distpath", "dist")
    run(sys.executable, "-m", "PyInstaller", *options, HERE / "clinic-desktop.spec")
    run(sys.executable, HERE / "licences.py", "collect", FOLDER / "licences")
    run(sys.executable, HERE / "sbom.py", FOLDER / "sbom.cdx.json")
    if sys.platform.startswith("linux"):
        shutil.copytree(HERE / "linux", FOLDER / "desktop", dirs_exist_ok=True)
        shutil.copy(ROOT / "build" / "icons" / "clinic-desktop.png", FOLDER / "desktop")


def size(folder: Path) -> int:
    """Bytes in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


if __name__ == "__main__":
    build()
    print(f"built {FOLDER} ({size(FOLDER) / 1e6:.0f} MB)")
    run(sys.executable, HERE / "smoke.py", FOLDER)
