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

# One patient with one prescription, as another system would hand it over (FHIR R4).
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "fullUrl": "urn:uuid:5f0e6a52-0d6c-4f5e-9d6b-6d3d9f3b0c01",
            "resource": {
                "resourceType": "Patient",
                "id": "5f0e6a52-0d6c-4f5e-9d6b-6d3d9f3b0c01",
                "name": [{"family": "Achieng", "given": ["Mary"]}],
                "gender": "female",
                "birthDate": "1984-03-14",
            },
        },
    ],
}


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
