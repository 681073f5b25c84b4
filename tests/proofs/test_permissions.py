"""The permission proofs at the size of CI, and that they find what they look for."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import clinic_desktop
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain import permissions as rights
from clinic_desktop.domain.permissions import MATRIX, read_matrix
from clinic_desktop.services import access
from tests.proofs.permissions import matrix

SEED = 20_261_122


def test_the_matrix_decides_as_the_oracle() -> None:
    result = matrix.prove(size=20_000, seed=SEED)
    assert not result.failures
    assert result.passed >= 20_000 + len(access.ACTIONS)


@pytest.mark.parametrize(
    ("permission", "role", "cell"),
    [
        ("note.read", "receptionist", frozenset()),
        ("note.read", "administrator", frozenset()),
        ("refund.approve", "owner", frozenset()),
        ("note.read", "auditor", frozenset()),
    ],
)
def test_a_slip_in_the_matrix_is_found(
    monkeypatch: pytest.MonkeyPatch, permission: str, role: str, cell: frozenset[str]
) -> None:
    grant = MATRIX[permission]
    changed = replace(grant, cells={**grant.cells, role: cell})
    monkeypatch.setitem(MATRIX, permission, changed)
    rights._rights.cache_clear()
    try:
        assert matrix.prove(size=60_000, seed=SEED).failures
    finally:
        rights._rights.cache_clear()


def test_words_that_mean_nothing_stop_the_start() -> None:
    head = "permission,clinical,doctor,what\n"
    with pytest.raises(ValueError, match=r"note\.read"):
        read_matrix(head + "note.read,yes,sometimes,\n")
    with pytest.raises(ValueError, match=r"note\.read"):
        read_matrix(head + "note.read,yes,yes,\n" * 2)
    with pytest.raises(ValueError, match=r"note\.misspelt"):
        access.query("note.misspelt")(lambda _reads: None)


def test_a_service_that_declares_nothing_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def steal(reads: ReadSession) -> object:
        return reads

    module = ModuleType("clinic_desktop.services.stolen")
    steal.__module__ = module.__name__
    module.steal = steal  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(LookupError, match=r"stolen\.steal"):
        access.check_register()


def test_windows_and_command_line_use_declared_actions_only() -> None:
    """A part of a service checks nothing, so nothing outside the services may call it."""
    parts = {
        (module.__name__, name)
        for module in matrix.services()
        for name, found in vars(module).items()
        if hasattr(found, "is_part") and found.__module__ == module.__name__
    }
    assert len(parts) > 40
    root = Path(clinic_desktop.__file__).parent
    files = [each for each in root.rglob("*.py") if "services" not in each.relative_to(root).parts]
    used = {(file.name, use) for file in files for use in _uses(file) if use in parts}
    assert not used


def _uses(file: Path) -> set[tuple[str, str]]:
    """What a file takes from modules: by name, or as an attribute of the module."""
    tree = ast.parse(file.read_text("utf-8"))
    found, modules = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                found.add((node.module, name.name))
                modules[name.asname or name.name] = f"{node.module}.{name.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add((modules.get(node.value.id, ""), node.attr))
    return found
