"""Which classes of the window have fields that a person types into, read from the code itself.

A name decides nothing: each call in a class is looked up in its module, and counts where what is
called is a text field of Qt, or a widget of ours that has one inside.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QPlainTextEdit, QTextEdit

from clinic_desktop import ui
from clinic_desktop.ui.core.drawer_form import DrawerForm

FIELDS = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
BLOCKS = "clinic_desktop.ui.widgets"
"""Building blocks: their words belong to whoever puts them into a form."""


def typed_classes() -> frozenset[type]:
    """Every class that makes a field itself, its heirs, and each drawer with one of them in it."""
    every = {
        found
        for module in _modules()
        for found in vars(module).values()
        if inspect.isclass(found) and found.__module__ == module.__name__
    }
    own = {each for each in every if not _is_block(each) and _makes_field(each)}
    heirs = {each for each in every if any(base in own for base in each.__mro__)}
    drawers = {each for each in every if issubclass(each, DrawerForm)}
    return frozenset(
        heirs | {each for each in drawers if any(part in heirs for part in _called_in(each))}  # type: ignore[arg-type]
    )


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        if ".gallery" not in found.name:
            yield importlib.import_module(found.name)


def _is_block(each: type) -> bool:
    return each.__module__.startswith(BLOCKS)


def _makes_field(made: type | FunctionType) -> bool:
    """Whether the code of a class makes a field: Qt's, a block with one, or by a function."""
    seen: set[object] = set()
    waiting: list[type | FunctionType] = [made]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        for called in _called_in(each):
            if inspect.isclass(called) and issubclass(called, FIELDS):
                return True
            waiting += _code_of(called)
    return False


def _code_of(called: Any) -> list[type | FunctionType]:
    """Where to look on: the blocks that a class is made of, a function of the window."""
    if isinstance(called, FunctionType):
        return [called] if called.__module__.startswith(ui.__name__) else []
    mro = called.__mro__ if inspect.isclass(called) else ()
    return [each for each in mro if _is_block(each)]


@cache
def _called_in(made: Any) -> list[Any]:
    """What the code of a class or a function calls, as far as it can be looked up."""
    module = importlib.import_module(made.__module__)
    kinds = (ast.ClassDef, ast.FunctionDef)
    nodes = (
        node
        for node in _tree(module).body
        if isinstance(node, kinds) and node.name == made.__name__
    )
    calls = (call for node in nodes for call in ast.walk(node) if isinstance(call, ast.Call))
    return [_called(call, module) for call in calls]


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _called(call: ast.Call, module: ModuleType) -> Any:
    """What a call calls, as far as the names of its module tell."""
    names: list[str] = []
    node = call.func
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    found = getattr(module, node.id, None)
    for name in reversed(names):
        found = getattr(found, name, None)
    return found
