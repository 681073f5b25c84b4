"""Working hours of the practice, of a doctor or a room; usually, or for a period."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.dates import SmartDate
from clinic_desktop.domain.day_hours import HoursError, parse_hours, show_hours
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.scheduling import hours, resources
from clinic_desktop.services.scheduling.hours import WeekHours
from clinic_desktop.services.scheduling.resources import Bookable
from clinic_desktop.services.scheduling.timetable import PRACTICE, Resource, Span, merged
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
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


Week = tuple[tuple[Span, ...], ...]
Key = tuple[Resource, date | None, date | None]
"""Whose hours, and the period they hold for if not usually."""
_NO_HOURS: Week = ((),) * 7
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As drafts name them."""


@dataclass(frozen=True)
class _Loaded:
    offered: Bookable
    weeks: tuple[WeekHours, ...]


def _load(reads: ReadSession) -> _Loaded:
    """Names and hours of one moment: two answers would draw the page twice."""
    return _Loaded(resources.bookable(reads), hours.week_hours(reads))


class HoursPage(QWidget):
    """Seven lines such as "8-12, 14-18" for whom and when they hold.

    What is typed stays until it is saved, whatever else changes: a day changed by somebody else
    meanwhile says so below its line. Each week has a draft of its own.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._weeks: dict[Key, Week] = {}
        self._held = _NO_HOURS
        """What the record holds of the week shown, as far as is known."""
        self._seen = _NO_HOURS
        """What will be saved over: the same, or what was saved from here since."""
        self._sent: WeekHours | None = None
        """What was saved from here last."""
        self._wanted = ""
        """The week to go to, as a draft names it."""
        self.whose = Select([(PRACTICE, _("The practice"))], PRACTICE)
        self.whose.chosen.connect(lambda _value: self._on_whose())
        self.period = Select([(USUAL, _("Usually"))], USUAL)
        self.period.chosen.connect(lambda _value: self._show_week())
        today = context.language.local(context.clock.now()).date()
        reader = date_parser(today, order=date_order(context.language.locale), whole_day=True)
        self.first, self.last = SmartDateEdit(reader), SmartDateEdit(reader)
        self.days = [ParsedEdit(_read, _("closed")) for _day in range(7)]
        self.save = Button(_("Save hours"), "primary")
        self.save.clicked.connect(self._save)
        self.draft = FieldDraft(context, "hours", "", self)
        self._build()
        self._keep_drafts()
        context.tasks.committed.connect(self._on_committed)
        self.load()

    def _build(self) -> None:
        chooser = Form(2)
        chooser.add(_("Whose hours"), self.whose)
        chooser.add(_("When they hold"), self.period)
        self._from = chooser.add(_("From"), self.first, required=True)
        self._to = chooser.add(_("To"), self.last, required=True)
        for row in (self._from, self._to):
            row.hide()  # they belong to a new period
        week = Form()
        self._lines = [week.add(_weekday(number), edit) for number, edit in enumerate(self.days)]
        self._card = card = Card()
        card.setEnabled(False)  # until it is known what would be saved over
        card.add(chooser)
        card.add(week)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.save)
        card.body.addLayout(foot)
        page = ScrollPage()
        page.column.setContentsMargins(0, 0, 0, 0)
        page.column.setSpacing(SPACE_4)
        page.column.addWidget(self.draft.notice)
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

    def _keep_drafts(self) -> None:
        for name, edit in zip(_DAYS, self.days, strict=True):
            self.draft.keep_by(name, partial(_meaning, edit), edit.set_text, edit.changed)
        self.draft.keep("from", self.first)
        self.draft.keep("to", self.last)
        held = lambda: [show_hours(spans) for spans in self._held]  # noqa: E731
        self.draft.keep_by("held", held, self._warn_of_changes, self.days[0].changed)

    def load(self) -> None:
        """Read hours, doctors and rooms."""
        self._context.tasks.read(self, _load, done=self._show)

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("working_hours", "practitioner", "location"):
            self.load()

    # ------------------------------------------------------------ showing

    def _show(self, found: _Loaded) -> None:
        self._weeks = {
            (week.resource, week.valid_from, week.valid_to): week.spans for week in found.weeks
        }
        offered: list[tuple[Hashable, str]] = [(PRACTICE, _("The practice"))]
        offered += [(Resource(row.id), row.name) for row in found.offered.practitioners]
        offered += [(Resource(location_id=row.id), row.name) for row in found.offered.rooms]
        self.whose.offer(offered)
        self._offer_periods()
        self._refresh()
        is_first = not self._card.isEnabled()
        self._card.setEnabled(True)
        if self._wanted:
            self._go_to_wanted()
        elif is_first:
            self._show_week()

    def show_item(self, subject: str) -> None:
        """Go to the week of a draft."""
        self._wanted = subject
        if self._card.isEnabled():
            self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        whose, _bar, period = self._wanted.partition("/")
        self._wanted = ""
        names = {_name_of(each): each for each in _offered(self.whose)}
        self.whose.set_value(names.get(whose, PRACTICE))
        self._offer_periods()
        periods = {_name_of(each): each for each in _offered(self.period)}
        self.period.set_value(periods.get(period, USUAL))
        self._show_week()

    def _on_whose(self) -> None:
        if self.period.value() != NEW_PERIOD and self._key() not in self._weeks:
            self.period.set_value(USUAL)
        self._offer_periods()
        self._show_week()

    def _offer_periods(self) -> None:
        day = current().date
        words = _("{first} to {last}")
        offered: list[tuple[Hashable, str]] = [(USUAL, _("Usually"))]
        offered += [
            ((start, end), words.format(first=isolate(day(start)), last=isolate(day(end))))
            for resource, start, end in self._weeks
            if resource == self._resource() and start is not None and end is not None
        ]
        self.period.offer([*offered, (NEW_PERIOD, _("Another period…"))])

    def _show_week(self) -> None:
        """Another week was chosen: its lines are filled in anew, those of the other are kept."""
        self.draft.belong_to(self._subject(), self._fill_week)

    def _fill_week(self) -> None:
        for row, edit in ((self._from, self.first), (self._to, self.last)):
            row.setVisible(self.period.value() == NEW_PERIOD)
            edit.set_text("")
        self._held = self._seen = self._week()
        for number in range(7):
            self._fill(number)

    def _fill(self, number: int) -> None:
        self.days[number].set_text(show_hours(self._held[number]))
        self._lines[number].set_warning("")
        self.draft.follow(_DAYS[number])

    def _warn_of_changes(self, seen: list[str]) -> None:
        """Words of a draft are given back: they were typed over these hours."""
        for line, before, now in zip(self._lines, seen, self._held, strict=True):
            line.set_warning(_changed_words(now) if before != show_hours(now) else "")

    def _refresh(self) -> None:
        """The record was read again: days that nobody is typing follow it."""
        before = self._held
        self._held = self._seen = self._week()
        sent = self._sent.spans if self._sent and _key_of(self._sent) == self._key() else before
        for number, (edit, now) in enumerate(zip(self.days, self._held, strict=True)):
            if now == before[number]:
                continue
            typed = None if edit.error() else merged(edit.value() or ())
            if typed in {before[number], now}:
                self._fill(number)
            elif now != sent[number]:
                self._lines[number].set_warning(_changed_words(now))
        self.draft.follow("held")

    def _week(self) -> Week:
        key = self._key()
        return self._weeks.get(key, _NO_HOURS) if key else _NO_HOURS

    def _key(self) -> Key | None:
        """The week chosen; a period without its days has none."""
        period = self.period.value()
        if period == NEW_PERIOD:
            return None
        start, end = period if isinstance(period, tuple) else (None, None)
        return self._resource(), start, end

    def _subject(self) -> str:
        """The week chosen, as its draft is named."""
        period = _name_of(self.period.value())
        return f"{_name_of(self._resource())}/{period}"

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
        spans = tuple(merged(edit.value() or ()) for edit in self.days)
        subject = self._subject()
        self._sent = wish = WeekHours(self._resource(), spans, start, end, self._seen)
        self._seen = spans
        self._context.tasks.write(
            self,
            hours.save_week_hours,
            wish,
            done=lambda _none: self._saved(wish, subject),
            failed=self._failed,
        )

    def _saved(self, wish: WeekHours, subject: str) -> None:
        """A new period becomes one of those to choose from, and stays in view."""
        dates = (_day(self.first), _day(self.last))
        is_shown = (wish.resource, *dates) == _key_of(wish) and wish.resource == self._resource()
        if self.period.value() == NEW_PERIOD and is_shown and any(wish.spans):
            self._weeks.setdefault(_key_of(wish), wish.spans)
            self._offer_periods()
            self.period.set_value(dates)
            for row in (self._from, self._to):
                row.hide()
            for edit in (self.first, self.last):
                edit.set_text("")
            self._refresh()
            self.draft.rename(self._subject())
        else:
            self._settle(wish, subject)
        self._context.host.toast(_("The hours are saved."))

    def _settle(self, wish: WeekHours, subject: str) -> None:
        """What was saved is a draft no longer; what was typed since is."""
        if subject == self._subject():
            for name, edit, spans in zip(_DAYS, self.days, wish.spans, strict=True):
                if _meaning(edit) == show_hours(spans):
                    self.draft.follow(name)
        self.draft.sent_off(subject)

    def _failed(self, error: ClinicError) -> None:
        self._seen = self._held
        self._context.host.show_error(error)


def _key_of(week: WeekHours) -> Key:
    return week.resource, week.valid_from, week.valid_to


def _name_of(choice: object) -> str:
    """Whose week, or which, in the name of a draft."""
    if isinstance(choice, Resource):
        return str(choice.practitioner_id or choice.location_id or "")
    if isinstance(choice, tuple):
        return " ".join(day.isoformat() for day in choice)
    return str(choice)


def _offered(field: Select) -> list[object]:
    return [field.itemData(place) for place in range(field.count())]


def _meaning(edit: ParsedEdit) -> str:
    """The hours as they are shown when saved; as typed where they cannot be read."""
    return edit.text() if edit.error() else show_hours(merged(edit.value() or ()))


def _changed_words(now: tuple[Span, ...]) -> str:
    words = _("Changed by somebody else meanwhile to: {hours}")
    return words.format(hours=isolate(show_hours(now)) or _("closed"))


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


def _weekday(day: int) -> str:
    """Of a day of the week, 0 for Monday, as it begins a line."""
    words = current().date(_MONDAY + timedelta(days=day), "EEEE")
    return words[:1].upper() + words[1:]
