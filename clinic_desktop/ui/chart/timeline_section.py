"""Everything that happened, in one line of time, with filters and a jump to any year."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from clinic_desktop.domain.terms import plain_term
from clinic_desktop.i18n import _, isolate, pgettext
from clinic_desktop.services import chart_timeline
from clinic_desktop.services.chart_timeline import (
    TimelineEntry,
    TimelineKind,
    TimelineMark,
    TimelinePage,
)
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.chart.section import Section
from clinic_desktop.ui.chart.timeline_model import LINE_ROLE, Line, TimelineModel
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import Cell
from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import ICON_SIZE, SPACE_2, SPACE_3, SPACE_4
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.cells import paint_lines, paint_row_ground
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.flow_layout import FlowLayout

_Index = QModelIndex | QPersistentModelIndex
_ICONS = {
    TimelineKind.VISIT: Icon.DIAGNOSIS,
    TimelineKind.PROBLEM: Icon.FLAG,
    TimelineKind.MEDICINE: Icon.MEDICINE,
    TimelineKind.RESULT: Icon.LAB,
    TimelineKind.VITALS: Icon.VITALS,
    TimelineKind.VACCINE: Icon.VACCINE,
    TimelineKind.PROCEDURE: Icon.CLIPBOARD,
    TimelineKind.DOCUMENT: Icon.DOCUMENT,
    TimelineKind.BILLING: Icon.BILLING,
}


class _Delegate(QStyledItemDelegate):
    """A date, an icon and two lines; a year as a heading."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Headings are lower."""
        line = index.data(LINE_ROLE)
        tall = isinstance(line, Line) and line.entry is not None
        return QSize(10, look().tall_row_height if tall else look().row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one line."""
        line = index.data(LINE_ROLE)
        if not isinstance(line, Line):
            return
        if line.entry is None:
            room = option.rect.adjusted(SPACE_4, 0, -SPACE_4, 0)
            paint_lines(painter, room, Cell(line.spoken), option.direction, role="title")
            return
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        paint_row_ground(painter, option.rect, selected=chosen, hovered=over, rtl=rtl)
        self._paint_entry(painter, option, line.entry)

    def _paint_entry(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: TimelineEntry
    ) -> None:
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        room = option.rect.adjusted(SPACE_4, 0, -SPACE_4, 0)
        dates = look().metrics().horizontalAdvance("00-MMM-0000") + SPACE_4
        side = look().px(ICON_SIZE)
        if rtl:
            date_room = QRect(room.right() - dates, room.top(), dates, room.height())
            mark = QRect(date_room.left() - side, room.center().y() - side // 2, side, side)
            text = QRect(
                room.left(), room.top(), mark.left() - SPACE_3 - room.left(), room.height()
            )
        else:
            date_room = QRect(room.left(), room.top(), dates, room.height())
            mark = QRect(date_room.right(), room.center().y() - side // 2, side, side)
            left = mark.right() + SPACE_3
            text = QRect(left, room.top(), room.right() - left, room.height())
        day = Cell(words.day_of(entry.at))
        paint_lines(painter, date_room, day, option.direction, color=look().color("text2"))
        icons.paint(painter, mark, _ICONS[entry.kind], "text2")
        cell = Cell(entry_title(entry), _detail(entry).replace("\n", " "))
        paint_lines(painter, text, cell, option.direction, role="strong")


class TimelineSection(Section):
    """Chips 1–9 choose kinds; J and K, the arrows and Page keys move; Enter opens."""

    tables = (
        *("encounter", "condition", "medication_request", "diagnostic_report", "observation"),
        *("immunization", "procedure", "document_reference", "invoice"),
    )

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("chart.timeline")
        self.model = TimelineModel(self)
        self.model.more_wanted.connect(self._more)
        self.view = _TimelineView(self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setAccessibleName(_("Timeline"))
        self.view.opened.connect(self._open)
        self.chips = {kind: self._chip(place, kind) for place, kind in enumerate(TimelineKind, 1)}
        self.years = Select(((0, _("Latest")),), 0)
        self.years.setAccessibleName(_("Jump to a year"))
        self.years.chosen.connect(self._jump)
        self.empty = EmptyState(Icon.TIMELINE, _("Nothing here yet"))
        self.empty.acted.connect(self.clear_filter)
        self._build()
        self.lead = self.view

    def _build(self) -> None:
        chips = QWidget()
        flow = FlowLayout(chips)
        for chip in self.chips.values():
            flow.addWidget(chip)
        bar = QHBoxLayout()
        bar.setSpacing(SPACE_2)
        bar.addWidget(chips, 1)
        bar.addWidget(self.years, 0, Qt.AlignmentFlag.AlignTop)
        card = Card(flush=True)
        card.add(self.view, 1)
        card.add(self.empty, 1)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.setSpacing(SPACE_2)
        root.addLayout(bar)
        root.addWidget(card, 1)

    def _chip(self, number: int, kind: TimelineKind) -> Button:
        chip = Button(kind_words(kind), icon=_ICONS[kind])
        chip.setCheckable(True)
        chip.setObjectName(f"timeline.{kind}")
        chip.setToolTip(f"{kind_words(kind)} ({number})")
        chip.toggled.connect(lambda _on: self.refresh())
        return chip

    def chosen_kinds(self) -> tuple[TimelineKind, ...]:
        """The filters that are on; none means everything."""
        return tuple(kind for kind, chip in self.chips.items() if chip.isChecked())

    def clear_filter(self) -> None:
        """Show everything."""
        for chip in self.chips.values():
            chip.blockSignals(True)
            chip.setChecked(False)
            chip.blockSignals(False)
        self.refresh()

    def toggle_kind(self, number: int) -> None:
        """The digit keys."""
        kinds = list(self.chips.values())
        if 1 <= number <= len(kinds):
            kinds[number - 1].toggle()

    # -- reading ------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the latest page and the years."""
        self.ask("years", chart_timeline.timeline_years, done=self._show_years)
        self.ask("page", chart_timeline.timeline, self.chosen_kinds(), done=self._begin)

    def clear(self) -> None:
        """No entries."""
        self.model.begin(TimelinePage((), None), ())

    def _show_years(self, years: list[int]) -> None:
        known = [self.years.itemData(place) for place in range(1, self.years.count())]
        if known != years:
            self.years.clear()
            for year, text in ((0, _("Latest")), *((year, str(year)) for year in years)):
                self.years.addItem(text, year)

    def _jump(self, year: object) -> None:
        if isinstance(year, int) and year:
            kinds = self.chosen_kinds()
            self.ask("page", chart_timeline.timeline_of_year, year, kinds, done=self._begin)
        else:
            self.refresh()

    def _begin(self, page: TimelinePage) -> None:
        self.model.begin(page, [_spoken(entry) for entry in page.entries])
        nothing = not page.entries
        self.view.setVisible(not nothing)
        self.empty.setVisible(nothing)
        if self.chosen_kinds():
            self.empty.set_words(Icon.FILTER, _("No match"), "", _("Clear the filter"))
        else:
            self.empty.set_words(
                Icon.TIMELINE, _("Nothing here yet"), _("Visits, results and papers stand here.")
            )
        self.view.scrollToTop()

    def _more(self, mark: TimelineMark) -> None:
        self.ask("page", chart_timeline.timeline, self.chosen_kinds(), mark, done=self._append)

    def _append(self, page: TimelinePage) -> None:
        self.model.append(page, [_spoken(each) for each in page.entries])

    # -- opening ------------------------------------------------------------------

    def _open(self, entry: TimelineEntry) -> None:
        if self.patient_id is None:
            return
        if entry.kind is TimelineKind.VISIT:
            self.context.navigator.open(to.Visit(self.patient_id, entry.id))
        elif entry.kind is TimelineKind.BILLING:
            self.context.navigator.open(to.Billing(self.patient_id, invoice_id=entry.id))
        else:
            self.section_wanted.emit(_SECTIONS[entry.kind])


_SECTIONS = {
    TimelineKind.PROBLEM: "summary",
    TimelineKind.MEDICINE: "medicines",
    TimelineKind.RESULT: "results",
    TimelineKind.VITALS: "results",
    TimelineKind.VACCINE: "vaccines",
    TimelineKind.PROCEDURE: "visits",
    TimelineKind.DOCUMENT: "documents",
}


class _TimelineView(QListView):
    """Digits switch the filters while the list has the keys; Enter opens."""

    opened = Signal(object)

    def __init__(self, section: TimelineSection) -> None:
        super().__init__(section)
        self._section = section
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.doubleClicked.connect(self._on_opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Bare digits, Enter, and what every list has."""
        number = event.key() - int(Qt.Key.Key_0)
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and 1 <= number <= 9:
            self._section.toggle_kind(number)
        elif plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_opened(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _on_opened(self, index: _Index) -> None:
        line = index.data(LINE_ROLE)
        if isinstance(line, Line) and line.entry is not None:
            self.opened.emit(line.entry)


def kind_words(kind: TimelineKind) -> str:
    """What a filter is called."""
    return {
        TimelineKind.VISIT: pgettext("timeline", "Visits"),
        TimelineKind.PROBLEM: pgettext("timeline", "Problems"),
        TimelineKind.MEDICINE: pgettext("timeline", "Medicines"),
        TimelineKind.RESULT: pgettext("timeline", "Results"),
        TimelineKind.VITALS: pgettext("timeline", "Vital signs"),
        TimelineKind.VACCINE: pgettext("timeline", "Vaccines"),
        TimelineKind.PROCEDURE: pgettext("timeline", "Procedures"),
        TimelineKind.DOCUMENT: pgettext("timeline", "Documents"),
        TimelineKind.BILLING: pgettext("timeline", "Billing"),
    }[kind]


def entry_title(entry: TimelineEntry) -> str:
    """The title of an entry; groups of measurements have none of their own."""
    if entry.kind is TimelineKind.VISIT:
        return plain_term(entry.title or entry.detail) or _("Visit")
    if entry.kind is TimelineKind.BILLING:
        return _("Invoice {number}").format(number=isolate(entry.title))
    return plain_term(entry.title) or kind_words(entry.kind)


def _detail(entry: TimelineEntry) -> str:
    """The second line; of what is not decided it begins with that."""
    return words.joined(words.undecided_or_withdrawn(entry), entry.detail)


def _spoken(entry: TimelineEntry) -> str:
    return words.joined(
        words.day_of(entry.at), kind_words(entry.kind), entry_title(entry), _detail(entry)
    )
