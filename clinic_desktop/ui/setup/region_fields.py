"""Country, currency and time zone: type a few letters, take the line."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.domain.folding import fold
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.setup import region
from clinic_desktop.ui.setup.region import Region
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.suggestions import Suggestion

_MOST = 40


class RegionFields(QWidget):
    """A country brings its currency and time zone along; both can be changed."""

    changed = Signal(object)
    """``Region``, when a person has chosen."""

    def __init__(self, value: Region, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = value
        self.form = Form(columns=2)
        self.country = self._field(_("Country"), self._countries, self._take_country)
        self.currency = self._field(_("Currency"), self._currencies, self._take_currency)
        self.zone = self._field(_("Time zone"), self._zones, self._take_zone)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        self.set_value(value)

    def _field(self, label: str, names: object, take: object) -> ComboSearch:
        # The text stands there to be replaced, so that leaving the field changes nothing.
        field = ComboSearch(free=True)
        self.form.add(label, field)
        field.wanted.connect(lambda text: self._suggest(field, text, names()))  # type: ignore[operator]
        field.taken.connect(lambda item: take(item.value))  # type: ignore[operator]
        field.edit.editingFinished.connect(lambda: self.set_value(self._value))
        return field

    @staticmethod
    def _suggest(field: ComboSearch, text: str, names: dict[str, str]) -> None:
        wanted = fold(text)
        chosen = text == field.text() and text in names.values()
        found = [
            Suggestion(code, name, note=isolate(code))
            for code, name in names.items()
            if chosen or wanted in fold(f"{name} {code}")
        ]
        # What begins with the letters comes before what only holds them.
        found.sort(key=lambda item: not fold(item.text).startswith(wanted))
        field.show_suggestions(text, found[:_MOST])

    @staticmethod
    def _countries() -> dict[str, str]:
        return region.countries(current().locale.language)

    @staticmethod
    def _currencies() -> dict[str, str]:
        return region.currencies(current().locale.language)

    @staticmethod
    def _zones() -> dict[str, str]:
        return region.all_zones(current().locale.language)

    def value(self) -> Region:
        """What is chosen."""
        return self._value

    def set_value(self, value: Region) -> None:
        """Show a choice."""
        self._value = value
        self.country.set_value(value.country, self._countries().get(value.country, ""))
        names = self._currencies()
        self.currency.set_value(value.currency, names.get(value.currency, value.currency))
        zones = self._zones()
        self.zone.set_value(value.time_zone, zones.get(value.time_zone, value.time_zone))

    def _take_country(self, code: str) -> None:
        self._take(region.of_country(code, self._value.time_zone))

    def _take_currency(self, code: str) -> None:
        self._take(Region(self._value.country, code, self._value.time_zone))

    def _take_zone(self, zone: str) -> None:
        self._take(Region(self._value.country, self._value.currency, zone))

    def _take(self, value: Region) -> None:
        self.set_value(value)
        self.changed.emit(value)
