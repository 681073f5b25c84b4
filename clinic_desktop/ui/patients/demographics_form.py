"""What a person tells about a patient: five fields in sight, the rest behind "More"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.codes import Sex
from clinic_desktop.domain.consent import KINDS
from clinic_desktop.domain.names import HumanName, NamePart, name_form
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _, pgettext
from clinic_desktop.services.patients.entry import PatientEntry, Phone, PostalAddress
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.privacy_words import consent_words
from clinic_desktop.ui.patients import patient_words as words
from clinic_desktop.ui.patients.birth_text import birth_as_typed, birth_parser, date_order
from clinic_desktop.ui.patients.lines_editor import LineKind, LinesEditor
from clinic_desktop.ui.patients.photo_field import PhotoField
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.segmented import SegmentedControl
from clinic_desktop.ui.widgets.value_edits import PhoneEdit, SmartDateEdit

_ADDRESS = ("address", "city", "district", "state", "postal_code")
_NAME = tuple(HumanName.__dataclass_fields__)
_NOTE_LINES = 3


class DemographicsForm(QWidget):
    """Edits a ``PatientEntry``; what it does not show of the entry stays as it was."""

    changed = Signal()

    def __init__(self, context: Context, between: Sequence[QWidget] = ()) -> None:
        """``between`` stands between the fields in sight and the others, in the order of Tab."""
        super().__init__()
        self._context = context
        self._entry = PatientEntry()
        self._edits: dict[str, QLineEdit] = {}
        self._rows: dict[str, FormRow] = {}
        self._today = context.language.local(context.clock.now()).date()
        self._order = date_order(context.language)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(self._quick())
        for widget in between:
            column.addWidget(widget)
        self.more_button = Button(pgettext("form", "More"), "link", Icon.CHEVRON_DOWN)
        self.more_button.setObjectName("patient.more")
        self.more_button.setAccessibleName(_("More about the patient"))
        self.more_button.clicked.connect(self._toggle_more)
        column.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeading)
        self.details = self._details()
        for part in ("family", "given"):
            self._edits[part].textChanged.connect(self._show_initials)
        self.details.hide()
        column.addWidget(self.details)

    # ------------------------------------------------------------ construction

    def _quick(self) -> Form:
        form = Form(columns=2)
        parts = name_form(self._context.language.region)
        for part in parts:
            self._line(form, part.field, words.name_part_label(part), span=2 // min(len(parts), 2))
        self.sex = SegmentedControl(words.sex_options(), pgettext("form", "Sex"))
        self.sex.changed.connect(lambda _value: self.changed.emit())
        self._rows["sex"] = form.add(pgettext("form", "Sex"), self.sex, span=2)
        self.birth = SmartDateEdit(birth_parser(self._today, self._order))
        self.birth.edit.setObjectName("patient.birth")
        self.birth.changed.connect(lambda _value: self.changed.emit())
        self._rows["birth"] = form.add(
            _("Birth date or age"), self.birth, hint=_("14.3.1955, 1955, 34y, 8m"), span=2
        )
        self.phone = PhoneEdit()
        self.phone.setObjectName("patient.phone")
        self.phone.textChanged.connect(lambda _text: self.changed.emit())
        self.phone.textEdited.connect(lambda _text: self._rows["phone"].set_error(""))
        self._rows["phone"] = form.add(_("Phone"), self.phone, span=2)
        return form

    def _line(self, form: Form, name: str, label: str, *, span: int = 1) -> None:
        edit = QLineEdit()
        edit.setObjectName(f"patient.{name}")
        edit.textChanged.connect(lambda _text: self.changed.emit())
        edit.textEdited.connect(lambda _text: self._rows[name].set_error(""))
        self._edits[name] = edit
        self._rows[name] = form.add(label, edit, span=span)

    def _details(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        self.photo = PhotoField(self._context)
        self.photo.changed.connect(self.changed)
        column.addWidget(self.photo)
        column.addWidget(self._name_details())
        self.lines = {
            "phones": self._lines(words.phone_lines()),
            "identifiers": self._lines(words.identifier_lines()),
            "relatives": self._lines(words.relative_lines()),
            "policies": self._lines(words.policy_lines()),
        }
        for editor in self.lines.values():
            column.addWidget(editor)
        column.addWidget(self._address())
        column.addWidget(self._consents())
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(self.note.fontMetrics().lineSpacing() * (_NOTE_LINES + 1))
        self.note.textChanged.connect(self.changed)
        last = Form(columns=1)
        self._rows["note"] = last.add(pgettext("remark", "Note"), self.note)
        self.deceased = Tick(_("Has died"))
        self.deceased.setObjectName("patient.deceased")
        self.deceased.toggled.connect(self._on_deceased)
        last.add("", self.deceased)
        self.died_on = SmartDateEdit(
            date_parser(self._today, order=self._order, past=True, whole_day=True)
        )
        self.died_on.changed.connect(lambda _value: self.changed.emit())
        self._rows["deceased"] = last.add(_("Died on"), self.died_on)
        self._rows["deceased"].hide()
        column.addWidget(last)
        return holder

    def _name_details(self) -> Form:
        form = Form(columns=2)
        for name, label in (
            ("prefix", _("Title before the name")),
            ("middle", words.name_part_label(NamePart.MIDDLE)),
            ("suffix", words.name_part_label(NamePart.SUFFIX)),
            ("preferred", _("Wants to be called")),
            ("name_latin", _("Name in Latin letters")),
        ):
            if name not in self._edits:
                self._line(form, name, label)
        self.language = Select(words.language_options(self._context.language.region))
        self.language.setCurrentIndex(-1)
        self.language.chosen.connect(lambda _value: self.changed.emit())
        self._rows["language"] = form.add(_("Language"), self.language)
        return form

    def _lines(self, kind: LineKind) -> LinesEditor:
        editor = LinesEditor(kind, self._today, self._order)
        editor.changed.connect(self.changed)
        return editor

    def _address(self) -> Form:
        form = Form(columns=2)
        self._line(form, "address", _("Street and house"), span=2)
        self._line(form, "postal_code", _("Postal code"))
        self._line(form, "city", _("Town"))
        self._line(form, "district", _("District"))
        self._line(form, "state", _("Region"))
        return form

    def _consents(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3 // 2)
        column.addWidget(Label(_("Consent"), "strong"))
        self.consents = {kind: Tick(consent_words(kind)) for kind in KINDS}
        for kind, tick in self.consents.items():
            tick.setObjectName(f"patient.consent-{kind}")
            tick.toggled.connect(self.changed)
            column.addWidget(tick)
        return holder

    def _on_deceased(self, died: bool) -> None:
        self._rows["deceased"].setVisible(died)
        if not died:
            self.died_on.set_text("")
        self.changed.emit()

    # ------------------------------------------------------------ content

    def _show_initials(self) -> None:
        self.photo.set_person(self._edits["family"].text(), self._edits["given"].text())

    def _toggle_more(self) -> None:
        self.show_more(self.details.isHidden())

    def show_more(self, more: bool) -> None:
        """Show or hide all that is seldom asked."""
        self.details.setVisible(more)
        self.more_button.set_text(pgettext("form", "Less") if more else pgettext("form", "More"))
        self.more_button.setAccessibleName(
            _("Less about the patient") if more else _("More about the patient")
        )

    def first_field(self) -> QWidget:
        """Where the caret begins."""
        return next(iter(self._edits.values()))

    def set_entry(self, entry: PatientEntry) -> None:
        """Show a patient."""
        self._entry = entry
        for name, edit in self._edits.items():
            edit.setText(_text_of(entry, name))
        self.photo.set_person(entry.name.family, entry.name.given)
        self.sex.set_value(entry.sex if entry.sex != Sex.UNKNOWN else None)
        self.birth.set_text(birth_as_typed(entry.birth))
        first, rest = _split_phones(entry.phones)
        self.phone.setText(first.value)
        for name, editor in self.lines.items():
            editor.set_lines(rest if name == "phones" else getattr(entry, name))
        if entry.language and self.language.findData(entry.language) < 0:
            self.language.addItem(entry.language, entry.language)
        self.language.set_value(entry.language or None)
        self.note.setPlainText(entry.note)
        self.deceased.setChecked(entry.deceased)
        self.died_on.set_text(self._death_as_typed())

    def _death_as_typed(self) -> str:
        at = self._entry.deceased_at
        return self._context.language.local(at).date().isoformat() if at else ""

    def _death(self) -> datetime | None:
        # An untouched field means the very instant on record.
        if self.died_on.text() == self._death_as_typed():
            return self._entry.deceased_at
        found = self.died_on.value()
        zone = ZoneInfo(self._context.language.time_zone)
        return datetime.combine(found.day, time(), zone).astimezone(UTC) if found else None

    def clear(self) -> None:
        """Begin with nobody."""
        self.set_entry(PatientEntry())
        self.photo.show_photo(b"")
        for tick in self.consents.values():
            tick.setChecked(False)
        self.clear_errors()

    def entry(self) -> PatientEntry:
        """What the form holds now."""
        typed = {part: self._edits[part].text() for part in _NAME if part in self._edits}
        name = replace(self._entry.name, **typed)
        address = replace(
            self._entry.address, **{part: self._edits[part].text() for part in _ADDRESS}
        )
        return replace(
            self._entry,
            name=name,
            name_latin=self._edits["name_latin"].text(),
            sex=str(self.sex.value() or Sex.UNKNOWN.value),
            birth=self._birth(),
            phones=self._phones(),
            identifiers=self.lines["identifiers"].lines(),
            relatives=self.lines["relatives"].lines(),
            policies=self.lines["policies"].lines(),
            address=address,
            language=str(self.language.value() or ""),
            note=self.note.toPlainText(),
            deceased=self.deceased.isChecked(),
            deceased_at=self._death(),
        )

    def _birth(self) -> Any:
        # An untouched field means exactly what is on record, its precision included.
        if self.birth.text() == birth_as_typed(self._entry.birth):
            return self._entry.birth
        return self.birth.value()

    def _phones(self) -> tuple[Phone, ...]:
        first, _rest = _split_phones(self._entry.phones)
        rest = [_with_system(line) for line in self.lines["phones"].lines()]
        return (replace(first, value=self.phone.text()), *rest)

    # ------------------------------------------------------------ drafts

    def texts(self) -> dict[str, Any]:
        """All that is typed, for a draft."""
        return {
            "fields": {name: edit.text() for name, edit in self._edits.items()},
            "sex": self.sex.value() or "",
            "birth": self.birth.text(),
            "phone": self.phone.text(),
            "lines": {name: editor.texts() for name, editor in self.lines.items()},
            "language": self.language.value() or "",
            "consents": [kind for kind, tick in self.consents.items() if tick.isChecked()],
            "note": self.note.toPlainText(),
            "deceased": self.deceased.isChecked(),
            "died_on": self.died_on.text(),
            "photo": self.photo.draft(),
        }

    def set_texts(self, texts: dict[str, Any]) -> None:
        """Put a draft back."""
        for name, text in texts.get("fields", {}).items():
            if name in self._edits:
                self._edits[name].setText(str(text))
        self.sex.set_value(texts.get("sex") or None)
        self.birth.set_text(str(texts.get("birth", "")))
        self.phone.setText(str(texts.get("phone", "")))
        for name, lines in texts.get("lines", {}).items():
            if name in self.lines:
                self.lines[name].set_texts(lines)
        self.language.set_value(texts.get("language") or None)
        for kind, tick in self.consents.items():
            tick.setChecked(kind in texts.get("consents", ()))
        self.note.setPlainText(str(texts.get("note", "")))
        self.deceased.setChecked(bool(texts.get("deceased")))
        self.died_on.set_text(str(texts.get("died_on", "")))
        self.photo.take_draft(str(texts.get("photo", "")))

    # ------------------------------------------------------------ errors

    def is_wrong(self) -> bool:
        """Whether something cannot be read; the field says so and takes the caret."""
        self.clear_errors()
        fields = [each for each in (self.birth, self.died_on) if not each.show_error()]
        lines = [editor.wrong_field() for editor in self.lines.values()]
        wrong = next((each for each in (*fields, *lines) if each is not None), None)
        if wrong is not None:
            self._go_to(wrong)
        return wrong is not None

    def _go_to(self, target: QWidget) -> None:
        if self.details.isAncestorOf(target):
            self.show_more(True)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def clear_errors(self) -> None:
        """Take the sentences away."""
        for row in self._rows.values():
            row.set_error("")
        for editor in self.lines.values():
            editor.clear_errors()

    def show_error(self, error: ValidationError) -> None:
        """Say at the field what is wrong with it, and go there."""
        sentence = " ".join(filter(None, (error.message, error.hint)))
        target = self._error_place(error, sentence)
        if target is None:
            self._context.host.show_error(error)
            return
        self._go_to(target)

    def _error_place(self, error: ValidationError, sentence: str) -> QWidget | None:
        editors = {"phone": "phones", "email": "phones", "identifier": "identifiers",
                   "relative": "relatives", "policy": "policies"}  # fmt: skip
        number = re.search(r"\d+$", error.place)
        place = int(number[0]) if number else 1
        if error.field in {"phone", "email"}:
            place -= 1
        if error.field in editors and place:
            return self.lines[editors[error.field]].show_error(sentence, place)
        row = self._rows.get("phone" if error.field == "email" else error.field)
        if row is None:
            return None
        row.set_error(sentence)
        return row.field


def _text_of(entry: PatientEntry, name: str) -> str:
    holder: object = entry
    if name in _NAME:
        holder = entry.name
    elif name in PostalAddress.__dataclass_fields__:
        holder = entry.address
    return str(getattr(holder, name))


def _split_phones(phones: tuple[Phone, ...]) -> tuple[Phone, tuple[Phone, ...]]:
    """The phone in sight, and all others."""
    first = next((each for each in phones if each.system == "phone"), None)
    if first is None:
        return Phone(""), phones
    return first, tuple(each for each in phones if each is not first)


def _with_system(line: Phone) -> Phone:
    if "@" in line.value:
        return replace(line, system="email")
    return replace(line, system="phone") if line.system == "email" else line
