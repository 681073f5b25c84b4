"""Diagnoses of the visit: picked from the codes, favourites first; the first is the main one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.domain.folding import fold
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.conditions import Coded, ConditionRow
from clinic_desktop.ui.core.code_search import Search
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.dispute_words import undecided_words
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_1, Tone
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.pill import PillSpec
from clinic_desktop.ui.widgets.suggestions import Suggestion

MOST_ITEMS = 12


class Diagnoses(QWidget):
    """A field and the list below it. Words in the field are kept, each visit has its own."""

    added = Signal(object)
    """``Coded``."""
    removed = Signal(object)
    main_wanted = Signal(object)
    problem_wanted = Signal(object)
    """``Coded`` for the problem list."""

    def __init__(self, context: Context, search: Search, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._search = search
        self.favourites: tuple[Coded, ...] = ()
        self.field = ComboSearch(_("Diagnosis: code or words"), free=True, clear_on_take=True)
        self.field.edit.setObjectName("diagnosis.search")
        self.field.wanted.connect(self._on_wanted)
        self.field.taken.connect(lambda item: self.added.emit(item.value))
        self._list = FactList()
        self._list.hide()
        self.draft = FieldDraft(context, "diagnosis", "", self)
        self.draft.keep("words", self.field.edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_1)
        column.addWidget(self._list)
        column.addWidget(self.draft.notice)
        column.addWidget(self.field)
        self.setFocusProxy(self.field)

    def set_visit(self, visit: uuid.UUID) -> None:
        """Words typed in another visit stay with that one."""
        self.draft.belong_to(str(visit), lambda: self.field.set_value(None, ""))

    def begin(self, text: str = "") -> None:
        """Take the focus, with a text to look up."""
        self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.edit.setText(text)
        self._on_wanted(text)

    def set_favourites(self, favourites: Sequence[Coded]) -> None:
        """What this person diagnoses most often."""
        self.favourites = tuple(favourites)

    def set_rows(self, rows: Sequence[ConditionRow], listed: Sequence[ConditionRow]) -> None:
        """Show the diagnoses of the visit; ``listed`` are on the problem list already."""
        problems = {(row.term.system, row.term.code, row.term.display) for row in listed}
        self._list.show_facts([self._fact(place, row, problems) for place, row in enumerate(rows)])
        self._list.setVisible(bool(rows))

    def _fact(self, place: int, row: ConditionRow, problems: set[tuple[str, str, str]]) -> Fact:
        term, name = row.term, isolate(row.term.display)
        actions = []
        if place:
            actions.append(
                FactAction(
                    Icon.CHEVRON_UP,
                    _("Make {name} the main diagnosis").format(name=name),
                    lambda: self.main_wanted.emit(row.id),
                )
            )
        if (term.system, term.code, term.display) not in problems:
            actions.append(
                FactAction(
                    Icon.PIN,
                    _("Put {name} on the problem list").format(name=name),
                    lambda: self.problem_wanted.emit(term),
                )
            )
        actions.append(
            FactAction(
                Icon.CLOSE,
                _("Take {name} back").format(name=name),
                lambda: self.removed.emit(row.id),
            )
        )
        pill = PillSpec(_("main"), Tone.ACCENT) if place == 0 else None
        words = f"{term.display}  {isolate(term.code)}".strip()
        asked = undecided_words() if row.is_disputed else ""
        return Fact((row.id, words), words, asked, pill, tuple(actions), role="body")

    def _on_wanted(self, text: str) -> None:
        wanted = fold(text)
        own = [
            each
            for each in self.favourites
            if wanted in fold(each.display) or fold(each.code).startswith(wanted)
        ]
        self._search(text, lambda found: self._show(text, own, found))

    def _show(self, text: str, own: Sequence[Coded], found: Sequence[Coded]) -> None:
        starred = {(each.system, each.code) for each in own}
        items = [_item(each, Icon.STAR) for each in own[:MOST_ITEMS]]
        items += [
            _item(each, Icon.DIAGNOSIS) for each in found if (each.system, each.code) not in starred
        ]
        if text:
            own_words = Suggestion(Coded(text), text, "", _("in own words"), Icon.EDIT)
            items = [*items[:MOST_ITEMS], own_words]
        self.field.show_suggestions(text, items)


def _item(term: Coded, icon: str) -> Suggestion:
    return Suggestion(term, term.display, "", term.code, icon)
