"""The paper on what a million practices cost says what its own computation says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_the_figures_are_those_of_the_computation(repository: Path) -> None:
    paper = (repository / "docs" / "server-costs.md").read_text("utf-8")
    found = re.search(r"```python\n(.*?)```", paper, re.DOTALL)
    assert found is not None
    done = subprocess.run(
        [sys.executable, "-c", found[1]], capture_output=True, text=True, check=True, timeout=60
    )
    assert f"```text\n{done.stdout}```" in paper
