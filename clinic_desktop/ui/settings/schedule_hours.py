"""Working hours of the practice, of a doctor or a room; usually, or for a period."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date, timedelta

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.dates import SmartDate
from clinic_desktop.domain.day_hours import HoursError, parse_hours, show_hours
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.scheduling import hours, resources
from clinic_desktop.services.scheduling.hours import WeekHours
from clinic_desktop.services.scheduling.resources import Bookable
from clinic_desktop.services.scheduling.timetable import PRACTICE, Resource
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.parsed import Parsed, date_parser
from clinic_desktop.ui.widgets.value_edits import ParsedEdit, SmartDateEdit

_MONDAY = date(2024, 1, 1)
NEW_PERIOD = "new"
USUAL = "usual"


class HoursPage(QWidget):
    """Seven lines such as "8-12, 14-18" for whom and when they hold."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._weeks: dict[tuple[Resource, date | None, date | None], WeekHours] = {}
        self.whose = Select([(PRACTICE, _("The practice"))], PRACTICE)
        self.whose.chosen.connect(lambda _value: self._show_periods())
        self.period = Select([(USUAL, _("Usually"))], USUAL)
        self.period.chosen.connect(lambda _value: self._show_week())
        today = context.language.local(context.clock.now()).date()
        reader = date_parser(today, order=date_order(context.language.locale), whole_day=True)
        self.first, self.last = SmartDateEdit(reader), SmartDateEdit(reader)
        self.days = [ParsedEdit(_read, _("closed")) for _day in range(7)]
        self.save = Button(_("Save hours"), "primary")
        self.save.clicked.connect(self._save)
        self._build()
        context.tasks.committed.connect(self._on_committed)
        self.load()

    def _build(self) -> None:
        chooser = Form(2)
        chooser.add(_("Whose hours"), self.whose)
        chooser.add(_("When they hold"), self.period)
        self._from = chooser.add(_("From"), self.first, required=True)
        self._to = chooser.add(_("To"), self.last, required=True)
        week = Form()
        for number, edit in enumerate(self.days):
            week.add(current().date(_MONDAY + timedelta(days=number), "EEEE"), edit)
        card = Card()
        card.add(chooser)
        card.add(week)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.save)
        card.body.addLayout(foot)
        page = ScrollPage()
        page.column.setContentsMargins(0, 0, 0, 0)
        page.column.setSpacing(SPACE_4)
        page.column.addWidget(card)
        page.column.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        explanation = _("Doctors and rooms without hours of their own keep those of the practice.")
        header = SectionHeader(_("Working hours"), explanation)
        header.subtitle.setWordWrap(True)
        column.addWidget(header)
        column.addWidget(page, 1)

    def load(self) -> None:
        """Read hours, doctors and rooms."""
        self._context.tasks.read(self, resources.bookable, done=self._show_offered)
        self._context.tasks.read(self, hours.week_hours, done=self._show_weeks)

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("working_hours", "practitioner", "location"):
            self.load()

    # ------------------------------------------------------------ showing

    def _show_offered(self, offered: Bookable) -> None:
        wanted: list[tuple[Hashable, str]] = [(PRACTICE, _("The practice"))]
        wanted += [(Resource(row.id), row.name) for row in offered.practitioners]
        wanted += [(Resource(location_id=row.id), row.name) for row in offered.rooms]
        chosen = self.whose.value()
        self.whose.clear()
        for key, text in wanted:
            self.whose.addItem(text, key)
        self.whose.set_value(chosen if chosen in dict(wanted) else PRACTICE)

    def _show_weeks(self, weeks: tuple[WeekHours, ...]) -> None:
        self._weeks = {(week.resource, week.valid_from, week.valid_to): week for week in weeks}
        self._show_periods()

    def _show_periods(self) -> None:
        chosen = self.period.value()
        self.period.clear()
        self.period.addItem(_("Usually"), USUAL)
        for resource, start, end in self._weeks:
            if resource == self.whose.value() and start is not None and end is not None:
                day = current().date
                words = _("{first} to {last}").format(
                    first=isolate(day(start)), last=isolate(day(end))
                )
                self.period.addItem(words, (start, end))
        self.period.addItem(_("Another period…"), NEW_PERIOD)
        self.period.set_value(chosen)
        if self.period.currentIndex() < 0:
            self.period.set_value(USUAL)
        self._show_week()

    def _show_week(self) -> None:
        period = self.period.value()
        start, end = period if isinstance(period, tuple) else (None, None)
        for row in (self._from, self._to):
            row.setVisible(period == NEW_PERIOD)
        week = self._weeks.get((self._resource(), start, end))
        for number, edit in enumerate(self.days):
            edit.set_text(show_hours(week.spans[number]) if week else "")

    def _resource(self) -> Resource:
        chosen = self.whose.value()
        return chosen if isinstance(chosen, Resource) else PRACTICE

    # ------------------------------------------------------------ saving

    def _save(self) -> None:
        fields: list[ParsedEdit] = list(self.days)
        period = self.period.value()
        start, end = period if isinstance(period, tuple) else (None, None)
        if period == NEW_PERIOD:
            fields = [self.first, self.last, *fields]
            start, end = _day(self.first), _day(self.last)
            for row, value in ((self._from, start), (self._to, end)):
                row.set_error("" if value else _("Say on which day."))
            if start is None or end is None:
                return
        wrong = [edit for edit in fields if not edit.show_error()]
        if wrong:
            wrong[0].setFocus()
            return
        spans = tuple(edit.value() or () for edit in self.days)
        wish = WeekHours(self._resource(), spans, start, end)
        self._context.tasks.write(
            self, hours.save_week_hours, wish, done=self._saved, failed=self._failed
        )

    def _saved(self, _none: None) -> None:
        self.period.set_value(USUAL)
        self._context.host.toast(_("The hours are saved."))

    def _failed(self, error: ClinicError) -> None:
        self._context.host.show_error(error)


def _read(text: str) -> Parsed:
    try:
        spans = parse_hours(text)
    except HoursError as error:
        late = _("These hours end before they begin.")
        unread = _("Not read. Write 8:00-12:00, 14:00-18:00.")
        return Parsed(error=late if error.code == "ends-before-it-begins" else unread)
    return Parsed(spans, isolate(show_hours(spans)) if spans else _("closed"))


def _day(edit: SmartDateEdit) -> date | None:
    value = edit.value()
    return value.day if isinstance(value, SmartDate) else None
