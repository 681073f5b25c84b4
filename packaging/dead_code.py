"""Find code that nobody calls: vulture, told what is called by name or by a library."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("clinic_desktop", "bench", "packaging", "i18n", "tests")

CALLED_BY_OTHERS = {
    "[a-z]*[A-Z]*": "camelCase names are Qt's; it calls our overrides itself",
    "test_*": "pytest",
    "pytest_*": "pytest",
    "_no_*": "pytest's automatic fixtures",
    "_english_again": "pytest's automatic fixture",
    "upgrade": "Alembic",
    "downgrade": "Alembic",
    "revision": "Alembic",
    "down_revision": "Alembic",
    "branch_labels": "Alembic",
    "depends_on": "Alembic",
    "process_bind_param": "SQLAlchemy, for column types",
    "process_result_value": "SQLAlchemy, for column types",
    "cache_ok": "SQLAlchemy, for column types",
    "type_annotation_map": "SQLAlchemy",
    "_do_get": "SQLAlchemy, for pools",
    "_do_return_conn": "SQLAlchemy, for pools",
    "recreate": "SQLAlchemy, for pools",
    "pytestmark": "pytest",
    "__call__": "Python, for objects called like functions",
    "bytes_as_they_are": "schemathesis, for bodies in MessagePack",
    "teardown": "Hypothesis, at the end of each run of a state machine",
    "_missing_": "enum, for values it does not know",
    "_make_preamble": "reportlab's canvas",
    "clone": "Qt's icon engine",
    "makefile": "http.client, of its sockets",
    "server_bind": "socketserver",
    "verify_request": "socketserver",
    "handle_error": "socketserver",
    "version_string": "http.server",
    "log_message": "http.server",
    "hiddenimports": "PyInstaller's hooks",
    "*_task": "the confined process, by its names in clinic_desktop/confined/tasks.py",
    "cls": "the first argument of validators and classmethods",
}
DECORATORS = [
    *("@pytest.fixture", "@*.listens_for", "@given", "@rule", "@invariant", "@initialize"),
    "@Slot",  # called by name, from D-Bus for one
]


@cache
def fields(path: Path) -> frozenset[int]:
    """Lines that declare a field or an enum member: read by SQLAlchemy, msgspec and pickers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    body = [line for each in classes for line in each.body]
    return frozenset(line.lineno for line in body if isinstance(line, ast.Assign | ast.AnnAssign))


def is_ours(item: Item) -> bool:
    """Whether vulture's finding is for us: not a field, an argument or an object of a library."""
    path = Path(item.filename)
    if path.suffix != ".py" or item.typ == "attribute":  # row.signed_by = …: SQLAlchemy reads it
        return False
    if item.typ == "class" and path.parent.name == "models":  # a table works by being declared
        return False
    if item.typ == "variable":  # arguments have the confidence 100, and ruff's rule ARG
        return item.confidence < 100 and item.first_lineno not in fields(path)
    return True


def main() -> int:
    """Print what is unused; 1 if anything is."""
    finder = Vulture(ignore_names=list(CALLED_BY_OTHERS), ignore_decorators=DECORATORS)
    finder.scavenge([str(ROOT / place) for place in PLACES if (ROOT / place).exists()])
    spec = ROOT / "packaging" / "clinic-desktop.spec"
    finder.scan(spec.read_text(encoding="utf-8"), filename=spec)
    unused = [item for item in finder.get_unused_code(min_confidence=60) if is_ours(item)]
    for item in unused:
        place = Path(item.filename).relative_to(ROOT)
        print(f"{place}:{item.first_lineno}: unused {item.typ} {item.name!r}")
    return 1 if unused else 0


if __name__ == "__main__":
    sys.exit(main())
