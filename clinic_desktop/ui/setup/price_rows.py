"""Services and prices as lines to type into, and the tax on them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.money import currency_digits
from clinic_desktop.i18n import _, current
from clinic_desktop.services.billing.catalogue import ServiceForm
from clinic_desktop.services.billing.starter import StarterTax
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import Button, IconButton
from clinic_desktop.ui.widgets.choices import Tick
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.parsed import Parsed, money_parser
from clinic_desktop.ui.widgets.value_edits import MoneyEdit, ParsedEdit

_PRICE_WIDTH = 190
_NOTHING = ServiceForm("", 0)


def amount_text(amount_minor: int, currency: str) -> str:
    """An amount as it is typed."""
    digits = currency_digits(currency)
    shown = digits if amount_minor % 10**digits else 0
    return current().number(Decimal(amount_minor).scaleb(-digits), shown)


def percent_parser(text: str) -> Parsed:
    """Reads a tax rate; the value is hundredths of a percent."""
    try:
        found = Decimal(text.strip(" %").replace(",", ".")) * 100
    except InvalidOperation:
        return Parsed(error=_("Write the rate as a number, such as 16 or 7.5."))
    if not 0 <= found <= 10_000 or found != found.to_integral_value():
        return Parsed(error=_("A tax lies between 0 and 100 %, with two decimals at most."))
    return Parsed(int(found), f"{current().number(found / 100)} %")


class _Row(QWidget):
    removed = Signal()
    edited = Signal()

    def __init__(self, form: ServiceForm, currency: str) -> None:
        super().__init__()
        self._form = form
        self.name = QLineEdit(form.name)
        self.name.setAccessibleName(_("Service"))
        self.name.setPlaceholderText(_("Service"))
        self.price = MoneyEdit(money_parser(currency))
        self.price.edit.setAccessibleName(_("Price of {service}").format(service=form.name))
        if form.amount_minor:
            self.price.set_text(amount_text(form.amount_minor, currency))
        self.remove = IconButton(Icon.CLOSE, _("Leave out {service}").format(service=form.name))
        self.remove.clicked.connect(self.removed)
        self.name.textChanged.connect(lambda _text: self.edited.emit())
        self.price.changed.connect(lambda _value: self.edited.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_2)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self.name, 1, top)
        row.addWidget(self.price, 0, top)
        row.addWidget(self.remove, 0, top)
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        self.price.setFixedWidth(look().px(_PRICE_WIDTH))

    def form(self) -> ServiceForm | None:
        """What is typed; nothing for an empty line."""
        name, money = self.name.text().strip(), self.price.value()
        if not name and money is None:
            return None
        return ServiceForm(name, money.amount_minor if money else 0, self._form.code)

    def texts(self) -> dict[str, str]:
        return {"name": self.name.text(), "price": self.price.text(), "code": self._form.code}

    def show_error(self) -> bool:
        fine = self.price.show_error()
        if fine and self.price.text().strip() and not self.name.text().strip():
            self.name.setFocus()
            return False
        if not fine:
            self.price.setFocus()
        return fine


class PriceRows(QWidget):
    """A short price list that a person corrects."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._currency = "USD"
        self._lines: list[_Row] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(SPACE_2)
        self.add = Button(_("Add a service"), "link", Icon.ADD)
        self.add.setObjectName("prices.add")
        self.add.clicked.connect(self._on_add)
        self.tax_form = Form(columns=2)
        self.tax_name = QLineEdit(_("VAT"))
        self.tax_name.setObjectName("prices.tax-name")
        self.tax_rate = ParsedEdit(percent_parser, "0")
        self.tax_rate.edit.setObjectName("prices.tax-rate")
        self.tax_form.add(_("Name of the tax"), self.tax_name)
        self.tax_form.add(_("Tax rate in percent"), self.tax_rate, hint=_("Empty for no tax."))
        self.tax_included = Tick(_("The prices contain the tax"))
        self.tax_name.textChanged.connect(lambda _text: self.edited.emit())
        self.tax_rate.changed.connect(lambda _value: self.edited.emit())
        self.tax_included.toggled.connect(lambda _on: self.edited.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        column.addLayout(self._column)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeading)
        column.addSpacing(SPACE_2)
        column.addWidget(self.tax_form)
        column.addWidget(self.tax_included)

    def show_services(self, forms: tuple[ServiceForm, ...], currency: str) -> None:
        """Begin with these."""
        for row in list(self._lines):
            self._remove(row)
        self._currency = currency
        for form in forms:
            self._append(form)

    def _on_add(self) -> None:
        self._append(_NOTHING).name.setFocus()

    def _append(self, form: ServiceForm) -> _Row:
        row = _Row(form, self._currency)
        row.removed.connect(lambda: self._remove(row))
        row.edited.connect(self.edited)
        self._lines.append(row)
        self._column.addWidget(row)
        # Tab goes down the lines and then on to what stands below them.
        if len(self._lines) > 1:
            self.setTabOrder(self._lines[-2].remove, row.name)
        self.setTabOrder(row.name, row.price.edit)
        self.setTabOrder(row.price.edit, row.remove)
        self.setTabOrder(row.remove, self.add)
        return row

    def _remove(self, row: _Row) -> None:
        place = self._lines.index(row)
        focus = QApplication.focusWidget()
        had_focus = focus is not None and row.isAncestorOf(focus)
        self._lines.remove(row)
        row.hide()
        row.deleteLater()
        if had_focus:
            left = self._lines[min(place, len(self._lines) - 1)].name if self._lines else self.add
            left.setFocus()
        self.edited.emit()

    def texts(self) -> dict[str, Any]:
        """What is typed, for a draft."""
        return {
            "lines": [row.texts() for row in self._lines],
            "tax": self.tax_name.text(),
            "rate": self.tax_rate.text(),
            "included": self.tax_included.isChecked(),
        }

    def set_texts(self, texts: dict[str, Any]) -> None:
        """Put a draft in the place of what is shown."""
        lines = [line for line in texts.get("lines", []) if isinstance(line, dict)]
        forms = (ServiceForm(str(line["name"]), 0, str(line["code"])) for line in lines)
        self.show_services(tuple(forms), self._currency)
        for row, line in zip(self._lines, lines, strict=True):
            row.price.set_text(str(line["price"]))
        self.tax_name.setText(str(texts.get("tax", "")))
        self.tax_rate.set_text(str(texts.get("rate", "")))
        self.tax_included.setChecked(bool(texts.get("included")))

    def rows(self) -> tuple[_Row, ...]:
        """The lines, from the first to the last."""
        return tuple(self._lines)

    def show_error(self) -> bool:
        """Show what is wrong; whether all is well."""
        return all([*(row.show_error() for row in self._lines), self.tax_rate.show_error()])

    def forms(self) -> tuple[ServiceForm, ...]:
        """The services that were left."""
        return tuple(form for row in self._lines if (form := row.form()) is not None)

    def tax(self) -> StarterTax:
        """The tax on all of them."""
        name = self.tax_name.text().strip()
        return StarterTax(name, self.tax_rate.value() or 0, self.tax_included.isChecked())
