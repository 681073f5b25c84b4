"""Everything that is checked without running the program; two at a time, worst news last.

.venv/bin/python packaging/checks.py          all
.venv/bin/python packaging/checks.py types    one
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable

CHECKS: dict[str, list[str]] = {
    "types": [PYTHON, "-m", "mypy"],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "--output-format", "concise", "."],
    "imports": [str(BIN / "lint-imports"), "--no-logo"],
    "dead code": [PYTHON, str(ROOT / "packaging" / "dead_code.py")],
    "spelling": [str(BIN / "codespell")],
    "translations": [PYTHON, str(ROOT / "i18n" / "catalogues.py"), "check"],
    "licences": [PYTHON, str(ROOT / "packaging" / "licences.py"), "check"],
}


def run(name: str) -> tuple[str, bool, float, str]:
    """Run one check: its name, whether it passed, its seconds and what it said."""
    started = time.perf_counter()
    done = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False)
    return name, done.returncode == 0, time.perf_counter() - started, done.stdout + done.stderr


def main(names: list[str]) -> int:
    """Run the named checks, or all; 1 if one failed."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"There is no check named {unknown[0]!r}; there are: {', '.join(CHECKS)}")
        return 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(run, names or CHECKS))
    for _name, passed, _seconds, said in results:
        if not passed:
            print(said.strip(), end="\n\n")
    for name, passed, seconds, _said in results:
        print(f"{'ok    ' if passed else 'FAILED'}  {name:14}{seconds:6.1f} s")
    failed = sum(not passed for _name, passed, _seconds, _said in results)
    print(f"{len(results) - failed} checks passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
