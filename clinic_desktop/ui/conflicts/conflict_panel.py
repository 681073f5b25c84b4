"""One question whole: what is asked, every version, and the ways to answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.i18n import _, commas, isolate
from clinic_desktop.services.conflicts.listing import ConflictItem, VersionRow
from clinic_desktop.services.conflicts.words import again, field_name, value_words
from clinic_desktop.ui.conflicts import words
from clinic_desktop.ui.conflicts.version_cards import VersionCards
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import SectionHeader
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.pill import Pill


class ConflictPanel(QWidget):
    """Shows one ``ConflictItem``; made anew for another."""

    kept = Signal(object)
    """The names of the versions that hold, a tuple."""
    third_wanted = Signal()
    chart_wanted = Signal()
    again_wanted = Signal()
    """An owner's step that came to nothing is to be taken again."""
    place_wanted = Signal()
    """Where one of two rows is put right."""

    def __init__(self, item: ConflictItem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.item = item
        self.setObjectName("conflicts.panel")
        header = SectionHeader(words.what(item.row), words.of_whom(item.row))
        header.title.setWordWrap(True)
        header.add_action(Pill(words.severity_pill(item.row)))
        self.cards = VersionCards(item, self._keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(header)
        column.addWidget(Label(words.question(item), wrap=True))
        if item.again is not None:
            column.addWidget(Label(again(item.again), wrap=True))
        for notice in self._notices():
            column.addWidget(notice)
        column.addWidget(self.cards)
        if item.before:
            column.addWidget(Label(self._before(), "caption", "muted", wrap=True))
        column.addWidget(self._bar())
        column.addStretch(1)

    def _keep(self, version: VersionRow) -> None:
        self.kept.emit((version.name,))

    def keep_both(self) -> None:
        """Let the chart hold every version, where it can."""
        if self.item.can_keep_both and self.item.may_decide:
            self.kept.emit(tuple(each.name for each in self.item.versions))

    def edit_third(self) -> None:
        """Put the words together anew, where that is possible."""
        if self.item.editable and self.item.may_decide:
            self.third_wanted.emit()

    def close_told(self) -> None:
        """What was only told has been read; two rows may both stay."""
        if (self.item.is_told or self.item.is_pair) and self.item.may_decide:
            self.kept.emit(())

    def _notices(self) -> list[Notice]:
        found = []
        if self.item.is_fixed and not (self.item.is_told or self.item.is_pair):
            found.append(
                Notice(
                    Tone.INFO,
                    _("This is signed or issued."),
                    _("One version is kept as it is, and the choice stands for good."),
                )
            )
        if not self.item.may_decide:
            found.append(
                Notice(
                    Tone.INFO,
                    _("Somebody else decides this."),
                    _("It takes the right to change what it is about."),
                )
            )
        return found

    def _before(self) -> str:
        item = self.item
        told = commas(
            f"{field_name(name)}: {isolate(value_words(item, name, item.before))}"
            for name in item.fields
        )
        return _("Before both: {values}").format(values=told)

    def _bar(self) -> QWidget:
        bar = QWidget()
        flow = FlowLayout(bar)
        item = self.item
        if item.may_decide and item.can_keep_both:
            self._button(flow, "both", _("Keep both"), self.keep_both, "B")
        if item.may_decide and item.editable:
            self._button(flow, "third", _("Put together…"), self.edit_third, "E")
        if item.may_decide and item.again is not None:
            self._button(flow, "again", _("Take this step again…"), self.again_wanted.emit, "")
        if item.may_decide and (item.is_told or item.is_pair):
            self._button(flow, "close", words.closing(item), self.close_told, "C")
        if item.is_pair:
            self._button(flow, "place", words.going(item), self.place_wanted.emit, "")
        if item.row.patient_id is not None:
            self._button(flow, "chart", _("Open the chart"), self.chart_wanted.emit, "")
        return bar

    @staticmethod
    def _button(
        flow: FlowLayout, name: str, text: str, run: Callable[[], object], keys: str
    ) -> None:
        button = Button(text, shortcut=keys, show_shortcut=bool(keys))
        button.setObjectName(f"conflicts.{name}")
        button.clicked.connect(lambda: run())  # noqa: PLW0108 - clicked brings a bool along
        flow.addWidget(button)
