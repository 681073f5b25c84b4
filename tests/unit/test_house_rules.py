"""Rules of the house that no linter knows, read from the syntax tree of every module."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("clinic_desktop", "tests", "bench", "packaging", "i18n")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "controller", "misc"}
LONGEST_FILE, LONGEST_FUNCTION = 600, 60
TRANSLATE = {"_", "N_", "gettext", "pgettext", "ngettext"}
SHOWS_TEXT = {
    *("setText", "setTitle", "setWindowTitle", "setToolTip", "setStatusTip", "setPlaceholderText"),
    *("setAccessibleName", "setAccessibleDescription", "setInformativeText", "setLabelText"),
    *("QLabel", "QPushButton", "QCheckBox", "QRadioButton", "QGroupBox", "QAction", "addTab"),
}
READS_TIME = re.compile(
    r"\b(?:datetime|date|dt|Q?Date|Q?DateTime|QTime)\.(?:now|utcnow|today|current\w+)$"
    r"|^time\.(?:time|time_ns|localtime|gmtime)$"
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|opt|home/\w+)/|[A-Z]:\\\\?Users")
GALLERY = "ui/widgets/gallery"
"""Every widget in every state, a program of its own for those who build them."""

Found = Iterator[tuple[int, str]]


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of ours."""
    return tuple(path for top in CODE for path in sorted((ROOT / top).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def calls(path: Path) -> list[tuple[ast.Call, str, str]]:
    """Each call in a file with what it is called on and the name called."""
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    names = [ast.unparse(node.func).rpartition(".") for node in found]
    return [(node, on, name) for node, (on, _, name) in zip(found, names, strict=True)]


@pytest.fixture(scope="module", autouse=True)
def _parsed_once() -> Iterator[None]:
    """The trees are millions of objects: no test that looks for leaks is to walk them."""
    for path in modules():
        calls(path)
    gc.freeze()
    yield
    calls.cache_clear()
    tree.cache_clear()


def shipped(path: Path) -> bool:
    return path.is_relative_to(ROOT / "clinic_desktop")


def within(path: Path, *places: str) -> bool:
    return any(path.is_relative_to(ROOT / "clinic_desktop" / place) for place in places)


def reads_time(path: Path) -> Found:
    """Time is read in clock.py only, so that tests can hold it still."""
    for node, on, name in calls(path):
        if shipped(path) and not within(path, "clock.py") and READS_TIME.search(f"{on}.{name}"):
            yield node.lineno, f"{on}.{name}()"


def commits(path: Path) -> Found:
    """Only db/ ends a transaction, so that no write escapes the journal.

    ui/ has no way to one (an import contract sees to that); what its widgets commit is a text.
    """
    for node, on, name in calls(path):
        if shipped(path) and name == "commit" and on and not within(path, "db", "ui"):
            yield node.lineno, f"{on}.commit()"


def untranslated(path: Path) -> Found:
    """A text on the screen goes through _()."""
    for node, _on, name in calls(path):
        if not shipped(path) or within(path, GALLERY) or name not in SHOWS_TEXT:
            continue
        for text in node.args:
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            words = [p.value for p in parts if isinstance(p, ast.Constant)]
            if any(isinstance(w, str) and any(ch.isalpha() for ch in w) for w in words):
                yield node.lineno, f"{name}({ast.unparse(text)})"


def built_before_translation(path: Path) -> Found:
    """What is translated is a plain text: values are put in afterwards."""
    for node, on, name in calls(path):
        if name in TRANSLATE and on in {"", "i18n"}:
            for text in node.args:
                if isinstance(text, ast.JoinedStr | ast.BinOp) and name != "ngettext":
                    yield node.lineno, ast.unparse(node)
                if isinstance(text, ast.Call) and ast.unparse(text.func).endswith(".format"):
                    yield node.lineno, ast.unparse(node)


def nested_loops(path: Path) -> Found:
    """Event loops run in start.py and ui/core only; nothing pumps events by hand."""
    for node, on, name in calls(path):
        runs = name in {"exec", "exec_"} and not within(path, "ui/core", "start.py", GALLERY)
        if shipped(path) and runs:
            yield node.lineno, f"{on}.{name}()"
        if shipped(path) and name == "processEvents":
            yield node.lineno, f"{on}.{name}()"


def bare_threads(path: Path) -> Found:
    """Work leaves the window through ui/core/tasks.py."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("PySide6"):
            names = {alias.name for alias in node.names}
            for name in names & {"QThread", "QRunnable", "QThreadPool"}:
                yield node.lineno, f"imports {name}"


def sleeps(path: Path) -> Found:
    """Tests wait for something, never for a while; the slow record sleeps on its own threads."""
    if path.name == "races.py":
        return
    for node, on, name in calls(path):
        asleep = (on, name) in {("time", "sleep"), ("qtbot", "wait"), ("QTest", "qWait")}
        if asleep and path.is_relative_to(ROOT / "tests"):
            yield node.lineno, f"{on}.{name}()"


def view_state_without_widgets(path: Path) -> Found:
    """State and models of a screen know QtCore only, so that they are tested without a window."""
    if not within(path, "ui") or not path.stem.endswith(("_vm", "_model")):
        return
    for node in ast.walk(tree(path)):
        module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        if module.startswith("PySide6.") and module != "PySide6.QtCore":
            yield getattr(node, "lineno", 0), f"imports {module}"


def vague_names(path: Path) -> Found:
    """A file is named for what it holds."""
    if VAGUE_NAMES & {path.stem, *path.stem.split("_"), path.parent.name}:
        yield 1, path.name


def too_long(path: Path) -> Found:
    """A file fits in a sitting, a function on a screen."""
    if within(path, "db/migrations/versions"):  # a migration is one long list, written once
        return
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > LONGEST_FILE:
        yield 1, f"{lines} lines"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {length} lines"


def machine_paths(path: Path) -> Found:
    """No folder of somebody's machine."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if MACHINE_PATH.search(line) and "MACHINE_PATH" not in line:
            yield number, line.strip()


RULES: tuple[Callable[[Path], Found], ...] = (
    *(reads_time, commits, untranslated, built_before_translation, nested_loops, bare_threads),
    *(sleeps, view_state_without_widgets, vague_names, too_long, machine_paths),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_rule_holds_in_every_module(rule: Callable[[Path], Found]) -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in modules()
        for line, what in rule(path)
    ]
    assert not broken, "\n".join([rule.__doc__ or "", *broken])


@pytest.mark.parametrize(
    ("rule", "place", "code"),
    [
        (reads_time, "services/a.py", "from datetime import datetime\ndatetime.now()"),
        (reads_time, "services/a.py", "import time\ntime.time()"),
        (commits, "services/a.py", "session.commit()"),
        (untranslated, "ui/a.py", "label.setText(f'Born {day}')"),
        (untranslated, "ui/a.py", "QLabel('Born')"),
        (built_before_translation, "ui/a.py", "_(f'Born {day}')"),
        (built_before_translation, "ui/a.py", "_('Born {}'.format(day))"),
        (nested_loops, "ui/a.py", "dialog.exec()"),
        (nested_loops, "ui/a.py", "app.processEvents()"),
        (bare_threads, "ui/a.py", "from PySide6.QtCore import QThread"),
        (view_state_without_widgets, "ui/a_vm.py", "from PySide6.QtWidgets import QLabel"),
        (vague_names, "ui/string_utils.py", ""),
        (too_long, "ui/a.py", "def f():\n" + "    x = 1\n" * 60),
        (machine_paths, "ui/a.py", "x = '/" + "home/maria/clinic'"),
    ],
)
def test_house_rule_sees_what_it_forbids(
    rule: Callable[[Path], Found],
    place: str,
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    path = tmp_path / "clinic_desktop" / place
    path.parent.mkdir(parents=True)
    path.write_text(code, encoding="utf-8")
    assert list(rule(path))
