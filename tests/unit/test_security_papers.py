"""What the papers on security name is there: files, and tests by their function."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PAPERS = ("docs/threat-model.md", "docs/PROOFS.md", *(
    f"docs/security/{name}.md"
    for name in ("demands", "hostile-files", "release-checklist", "reporting")
))  # fmt: skip
_QUOTED = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)\)")
_TOP = ("clinic_desktop/", "docs/", "packaging/", "tests/", "bench/")


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_that_is_named_exists(repository: Path, paper: str) -> None:
    text = (repository / paper).read_text(encoding="utf-8")
    named = [each for each in _QUOTED.findall(text) if each.startswith(_TOP) and "::" not in each]
    missing = [each for each in named if not (repository / each).exists()]
    folder = (repository / paper).parent
    missing += [each for each in _LINK.findall(text) if not (folder / each).exists()]
    assert not [each for each in missing if not each.endswith("failed-seeds.txt")]


@pytest.mark.parametrize(
    ("paper", "least"), [("docs/security/demands.md", 60), ("docs/sync-protocol.md", 15)]
)
def test_every_test_that_is_named_exists(repository: Path, paper: str, least: int) -> None:
    text = (repository / paper).read_text(encoding="utf-8")
    named = [each.split("::") for each in _QUOTED.findall(text) if "::" in each]
    named = [each for each in named if each[0] != "file"]
    assert len(named) > least
    for file, name in named:
        tree = ast.parse((repository / "tests" / file).read_text(encoding="utf-8"))
        functions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
        assert name in functions, f"{file}::{name}"


def test_every_demand_has_a_test_or_says_that_it_is_not_built(repository: Path) -> None:
    lines = (repository / "docs/security/demands.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    for demand, where, test in rows:
        said = where.strip().startswith(("not built yet", "nothing is transmitted", "`docs/"))
        assert demand.strip() == "demand" or test.strip() or said, demand
