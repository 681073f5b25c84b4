"""Who asks for the order of Tab takes nothing away from anybody."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import shiboken6
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

import clinic_desktop.ui
from clinic_desktop.ui.widgets import focus_chain
from clinic_desktop.ui.widgets.overlay import focus_stops, settle_tab_order


def _owner(widget: QWidget) -> str:
    """Whose part the bindings take it for."""
    lines = shiboken6.dump(widget).splitlines()
    return next((line for line in lines if line.startswith("parent")), "")


def test_widgets_stay_where_they_belong(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    group = QWidget()
    inside = QVBoxLayout(group)
    held = [QPushButton("a"), QPushButton("b"), QLineEdit(), QLineEdit()]
    for each in held[:2]:
        column.addWidget(each)
    column.addWidget(group)
    for each in held[2:]:
        inside.addWidget(each)
    group.setFocusProxy(held[2])
    window.show()
    before = {each: _owner(each) for each in (*held, group, window)}
    assert focus_stops(window) == held
    settle_tab_order(group)
    assert focus_chain.proxy_of(group) is held[2]
    assert {each: _owner(each) for each in before} == before
    assert not shiboken6.ownedByPython(group)
    gc.collect()
    assert all(shiboken6.isValid(each) for each in before)


def test_nobody_else_asks() -> None:
    asked = re.compile(r"\.(nextInFocusChain|previousInFocusChain|focusProxy|topLevelWidget)\(\)")
    found = [
        path.name
        for path in Path(clinic_desktop.ui.__path__[0]).rglob("*.py")
        if asked.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["focus_chain.py"]
