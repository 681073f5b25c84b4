"""The row of vital signs: typed in place, judged at once, recorded when a field is left."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.vitals import VITALS, VitalKind
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.observations import Measured, TypedVital, VitalsContext, judge
from clinic_desktop.services.observations_words import (
    BLOOD_PRESSURE,
    unit_words,
    value_words,
    vital_name,
)
from clinic_desktop.ui.core.dispute_words import versions_words
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice

HEAD_UNTIL_MONTHS = 36
_FIELDS = (
    BLOOD_PRESSURE,
    VitalKind.PULSE,
    VitalKind.TEMPERATURE,
    VitalKind.SPO2,
    VitalKind.RESPIRATION,
    VitalKind.WEIGHT,
    VitalKind.HEIGHT,
    VitalKind.HEAD,
)
_WIDTH, _WIDE = 97, 124


class VitalTile(QFrame):
    """One vital sign: its name above, the value to type, its unit."""

    confirmed = Signal()
    """Enter was pressed."""
    left = Signal()
    edited = Signal()

    def __init__(self, field: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.recorded = ""
        self.sent: str | None = None
        """What is on its way into the record, which may refuse it."""
        unit = "mm[Hg]" if field == BLOOD_PRESSURE else VITALS[VitalKind(field)].unit
        name = vital_name(field)
        self.edit = QLineEdit()
        self.edit.setObjectName(f"vital.{field}")
        self.edit.setProperty("kind", "bare")
        self.edit.setAccessibleName(_("{name}, {unit}").format(name=name, unit=unit_words(unit)))
        self.edit.textEdited.connect(lambda _text: self.edited.emit())
        self.edit.returnPressed.connect(self.confirmed)
        self.edit.editingFinished.connect(self.left)
        self.setFocusProxy(self.edit)
        value = QWidget()
        # A number and its unit never swap sides, whatever the language.
        value.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        row = QHBoxLayout(value)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_1)
        row.addWidget(self.edit, 1)
        row.addWidget(Label(unit_words(unit), "caption", "muted"))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_3, SPACE_1, SPACE_2, SPACE_1)
        column.setSpacing(0)
        column.addWidget(Label(name, "caption", "muted"))
        column.addWidget(value)
        self._dress()

    @property
    def is_changed(self) -> bool:
        """Whether what stands here is neither recorded nor on its way there."""
        return self.edit.text().strip() not in {self.recorded, self.sent}

    def show_recorded(self, text: str) -> bool:
        """Show what is recorded, unless something else was typed; whether that is other news."""
        typed, before = self.edit.text().strip(), self.recorded
        self.recorded = text
        if typed == before:
            self.edit.setText(text)
        return text not in {before, typed, self.sent} and typed != before

    def show_state(self, state: str) -> None:
        """``error``, ``warning`` or nothing, around the tile."""
        for name in ("error", "warning"):
            toggle(self, name, "true" if state == name else "false")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        # A tint alone is no outline: high contrast draws one.
        toggle(self, "role", "field" if look().high_contrast else "inset")
        self.edit.setFont(look().font("strong", tabular=True))
        usual = look().px(_WIDE if self.field == BLOOD_PRESSURE else _WIDTH)
        self.setFixedWidth(max(usual, self.minimumSizeHint().width()))


class VitalsRow(QWidget):
    """``record_wanted(list of TypedVital)`` when a field is left with a value that can be.

    ``typed(dict)`` tells what stands in the fields and is not recorded.
    """

    record_wanted = Signal(object)
    typed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context: VitalsContext | None = None
        self.tiles = {field: VitalTile(field) for field in _FIELDS}
        tiles = QWidget()
        flow = FlowLayout(tiles)
        for tile in self.tiles.values():
            tile.confirmed.connect(lambda t=tile: self._on_enter(t))
            tile.left.connect(lambda t=tile: self._leave(t))
            tile.edited.connect(lambda t=tile: self._on_edited(t))
            flow.addWidget(tile)
        self._derived = Label("", "caption", wrap=True)
        # Not as hints in the fields: there they would be taken for measured today.
        self._before = Label("", "caption", "muted", wrap=True)
        self._meanwhile = Label("", "caption", "warn", wrap=True)
        """What somebody else recorded where something is being typed; saving corrects it."""
        self._meanwhile.hide()
        self._notice = Notice(Tone.WARN, "")
        self._confirm = self._notice.add_action(_("Yes, it is right"), self._on_confirmed)
        self._confirm.setObjectName("vital.confirm")
        self._asked: VitalTile | None = None
        self._notice.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_1)
        column.addWidget(tiles)
        column.addWidget(self._derived)
        column.addWidget(self._before)
        column.addWidget(self._meanwhile)
        column.addWidget(self._notice)
        self.setFocusProxy(self.tiles[BLOOD_PRESSURE])
        self._level()

    def event(self, event: QEvent) -> bool:
        """Keep the tiles level when their words change their size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._level()
        return super().event(event)

    def _level(self) -> None:
        # A tile of Latin letters only, SpO₂, is lower than those in Arabic.
        height = max(tile.sizeHint().height() for tile in self.tiles.values())
        for tile in self.tiles.values():
            tile.setMinimumHeight(height)

    # -- showing ------------------------------------------------------------------

    def set_context(self, context: VitalsContext) -> None:
        """What is recorded, and what new values are judged by."""
        self._context = context
        news = [
            f"{vital_name(field)} {isolate(tile.recorded or '–')}"
            for field, tile in self.tiles.items()
            if tile.show_recorded(_recorded(field, context))
        ]
        if news:
            words = _("Changed by somebody else meanwhile to: {value}")
            self._meanwhile.setText(words.format(value=" · ".join(news)))
        self._meanwhile.setVisible(bool(self._meanwhile.text()))
        months = context.age.total_months if context.age else None
        head = months is not None and months < HEAD_UNTIL_MONTHS
        self.tiles[VitalKind.HEAD].setVisible(head or VitalKind.HEAD in context.here)
        for label, words in ((self._derived, _derived(context)), (self._before, _before(context))):
            label.setText(words)
            label.setVisible(bool(words))

    def set_pending(self, pending: dict[str, str]) -> None:
        """Put back what was typed and not recorded."""
        for field, text in pending.items():
            if field in self.tiles:
                self.tiles[field].edit.setText(text)

    def clear(self) -> None:
        """Forget everything typed: another visit is shown."""
        for tile in self.tiles.values():
            tile.recorded, tile.sent = "", None
            tile.edit.clear()
            tile.show_state("")
        self._meanwhile.setText("")
        self._meanwhile.hide()
        self._hide_notice()

    def pending(self) -> dict[str, str]:
        """What stands in the fields and is not recorded."""
        return {
            field: tile.edit.text().strip() for field, tile in self.tiles.items() if tile.is_changed
        }

    # -- typing -------------------------------------------------------------------

    def _on_edited(self, tile: VitalTile) -> None:
        tile.show_state("")
        if self._asked is tile:
            self._hide_notice()
        self.typed.emit(self.pending())

    def _leave(self, tile: VitalTile) -> None:
        if self._context is None or not tile.is_changed:
            return
        text = tile.edit.text().strip()
        if not text:
            self._record(tile, confirmed=False)
            return
        try:
            judged = judge(TypedVital(tile.field, text), self._context)
        except ValidationError as error:
            self._say(tile, error.message, wrong=True)
            return
        if judged.question:
            self._say(tile, judged.question, wrong=False)
            return
        self._record(tile, confirmed=False)

    def _on_enter(self, tile: VitalTile) -> None:
        # Only Enter says yes: Tab is pressed without reading.
        if self._asked is tile:
            self._record(tile, confirmed=True)

    def _on_confirmed(self) -> None:
        if self._asked is not None:
            self._record(self._asked, confirmed=True)

    def _record(self, tile: VitalTile, *, confirmed: bool) -> None:
        text = tile.edit.text().strip()
        tile.show_state("")
        self._hide_notice()
        tile.sent = text
        self.record_wanted.emit([TypedVital(tile.field, text, confirmed)])
        self.typed.emit(self.pending())

    def taken(self, typed: Sequence[TypedVital]) -> None:
        """The record took these values; how it writes them follows."""
        for each in typed:
            tile = self.tiles[each.field]
            if tile.sent == each.text:
                if tile.edit.text().strip() == tile.sent:
                    tile.recorded = tile.sent
                tile.sent = None
        if not self.pending():
            self._meanwhile.setText("")
            self._meanwhile.hide()

    def refuse(self, typed: Sequence[TypedVital], error: ClinicError) -> None:
        """The record did not take these values: they are still nowhere but here."""
        for each in typed:
            self.tiles[each.field].sent = None
        wrong = error.field if isinstance(error, ValidationError) else ""
        self._say(self.tiles.get(wrong, self.tiles[typed[0].field]), error.message, wrong=True)
        self.typed.emit(self.pending())

    def _say(self, tile: VitalTile, sentence: str, *, wrong: bool) -> None:
        self._asked = None if wrong else tile
        tile.show_state("error" if wrong else "warning")
        tile.edit.setAccessibleDescription(sentence)
        here = tile.edit.hasFocus()  # Enter in the next field says nothing about this one
        hint = "" if wrong or not here else _("Press Enter again to keep it, or change it.")
        self._notice.set_words(Tone.DANGER if wrong else Tone.WARN, sentence, hint)
        self._confirm.setVisible(not wrong)
        self._notice.show()
        self._notice.say()

    def _hide_notice(self) -> None:
        self._asked = None
        self._notice.hide()

    def commit(self) -> bool:
        """Record what is still typed; False, with the focus on it, where a value is refused."""
        doubtful = None
        for tile in self.tiles.values():
            if tile.is_changed:
                self._leave(tile)
            if tile.is_changed and doubtful is None:
                doubtful = tile
        if doubtful is not None:
            doubtful.edit.setFocus()
            self._leave(doubtful)  # what is said is about the one that has the keys
        return doubtful is None


def _values(field: str, measured: object) -> list[Measured]:
    found = measured if isinstance(measured, dict) else {}
    kinds = (
        (VitalKind.SYSTOLIC, VitalKind.DIASTOLIC)
        if field == BLOOD_PRESSURE
        else (VitalKind(field),)
    )
    values = [found[kind] for kind in kinds if kind in found]
    return values if len(values) == len(kinds) else []


def _plain(measured: Measured) -> str:
    shown = measured.value.normalize()
    return current().number(shown, max(0, -int(shown.as_tuple().exponent)))


def _recorded(field: str, context: VitalsContext) -> str:
    return "/".join(_plain(each) for each in _values(field, context.here))


def _derived(context: VitalsContext) -> str:
    """The body mass index, and that rare values were confirmed."""
    parts = []
    mass = context.here.get(VitalKind.BMI)
    if mass is not None:
        shown = value_words(mass.value, mass.unit)
        parts.append(_("{name} {value}").format(name=vital_name(mass.kind), value=shown))
    if any(each.is_confirmed_unusual for each in context.here.values()):
        parts.append(_("unusual values confirmed"))
    return "\n".join(filter(None, (" · ".join(parts), versions_words(context.here_versions))))


def _before(context: VitalsContext) -> str:
    """What was measured last time, and when."""
    shown = [
        f"{vital_name(field)} {isolate('/'.join(map(_plain, values)))}"
        for field in _FIELDS
        if (values := _values(field, context.before))
    ]
    asked = versions_words(context.before_versions)
    if not shown:
        return asked
    last = max(each.measured_at for each in context.before.values())
    day = current().date(current().local(last).date())
    told = _("Last, {date}: {values}").format(date=isolate(day), values=" · ".join(shown))
    return "\n".join(filter(None, (told, asked)))
