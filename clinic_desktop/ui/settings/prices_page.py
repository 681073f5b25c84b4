"""Services with their prices, and the taxes on them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from PySide6.QtWidgets import QLineEdit

from clinic_desktop.db.session import ReadSession
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services import practice
from clinic_desktop.services.billing import catalogue
from clinic_desktop.services.billing.catalogue import ServiceForm, ServiceRow, TaxRateRow
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.settings.line_form import LineForm
from clinic_desktop.ui.settings.schedule_lines import LinesPage
from clinic_desktop.ui.setup.price_rows import amount_text, percent_parser
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.parsed import money_parser
from clinic_desktop.ui.widgets.value_edits import MoneyEdit, ParsedEdit


@dataclass(frozen=True)
class _Loaded:
    """Read together: no price is ever shown in another currency than its own."""

    taxes: tuple[TaxRateRow, ...]
    currency: str
    services: tuple[ServiceRow, ...]


def _load(reads: ReadSession) -> _Loaded:
    return _Loaded(
        catalogue.tax_rates(reads),
        practice.details(reads).currency,
        catalogue.services(reads, all_=True),
    )


class ServicesPage(LinesPage):
    """What the practice charges for. Documents already issued keep their prices."""

    def __init__(self, context: Context) -> None:
        self._currency = ""
        self._taxes: tuple[TaxRateRow, ...] = ()
        words = (
            _("Services and prices"),
            _("The standard price list. Papers already issued keep their prices."),
            _("Add a service"),
        )
        columns = (
            Column("name", _("Service"), lambda row: Cell(row.name), CellKind.STRONG, 22,
                   stretch=True),
            Column("code", _("Code"), lambda row: Cell(isolate(row.code)), letters=8, drop=2),
            Column("price", _("Price"), self._price, CellKind.NUMBER, 14),
            Column("tax", _("Tax"), _tax, letters=14, drop=1),
            Column("active", pgettext("column", "State"), _state, CellKind.PILL, 12, drop=3),
        )  # fmt: skip
        super().__init__(context, words, columns, catalogue.services, "service_item")

    def load(self) -> None:
        """The list, its currency and the taxes to choose from."""
        self._context.tasks.read(self, _load, done=self._keep)

    def open_line(self, row: ServiceRow | None) -> None:
        """Open a line, once it is known in which currency."""
        if self._currency:
            super().open_line(row)

    def _keep(self, found: _Loaded) -> None:
        self._taxes, self._currency = found.taxes, found.currency
        self._show(found.services)

    def _price(self, row: ServiceRow) -> Cell:
        return Cell(isolate(current().money(row.amount_minor, self._currency)))

    def form(self, row: ServiceRow | None) -> LineForm:
        """The drawer for a service."""
        return ServiceLine(self._context, row, self._currency, self._taxes)


def _tax(row: ServiceRow) -> Cell:
    return Cell(tax_words(row.tax_name, row.tax_bp)) if row.tax_bp else Cell("")


def tax_words(name: str, rate_bp: int) -> str:
    """A tax with its rate."""
    return f"{name} {isolate(current().number(rate_bp / 100) + ' %')}"


def _state(row: ServiceRow) -> Cell:
    if row.is_active:
        return Cell(_("in use"), tone=Tone.OK)
    return Cell(_("out of use"), tone=Tone.NEUTRAL)


class ServiceLine(LineForm):
    """One service."""

    draft_kind = "service"
    draft_fields = ("name", "price", "code", "category", "tax", "active")

    def __init__(
        self,
        context: Context,
        row: ServiceRow | None,
        currency: str,
        taxes: tuple[TaxRateRow, ...],
    ) -> None:
        super().__init__(context, catalogue.save_service, row)
        self.name = self.line("name", _("Service"), row.name if row else "")
        self.price = MoneyEdit(money_parser(currency))
        if row is not None:
            self.price.set_text(amount_text(row.amount_minor, currency))
        self.rows["amount_minor"] = self.fields.add(
            _("Price in {currency}").format(currency=currency), self.price
        )
        self.code = self.line("code", _("Code"), row.code if row else "")
        self.category = self.line("category", _("Group"), row.category if row else "",
                                  hint=_("Such as: Consultations, Laboratory"))  # fmt: skip
        none: list[tuple[uuid.UUID | None, str]] = [(None, _("No tax"))]
        self.tax = Select([*none, *((tax.id, tax_words(tax.name, tax.rate_bp)) for tax in taxes)])
        self.tax.setCurrentIndex(0)
        if row is not None and row.tax_rate_id is not None:
            self.tax.set_value(row.tax_rate_id)
        self.fields.add(_("Tax"), self.tax)
        self.active.setChecked(row is None or row.is_active)

    def submit(self, print_too: bool) -> None:
        """A price with letters is said beside the field."""
        if self.price.show_error():
            super().submit(print_too)
        else:
            self.price.setFocus()

    def wish(self) -> ServiceForm:
        """The service as typed."""
        money, tax = self.price.value(), self.tax.value()
        return ServiceForm(
            name=self.name.text(),
            amount_minor=money.amount_minor if money else 0,
            code=self.code.text(),
            category=self.category.text(),
            tax_rate_id=tax if isinstance(tax, uuid.UUID) else None,
            is_active=self.active.isChecked(),
            id=self.row.id if self.row else None,
            base=self.base,
        )


class TaxesPage(LinesPage):
    """The taxes a service can have."""

    def __init__(self, context: Context) -> None:
        words = (
            _("Taxes"),
            _("A rate never changes on papers already issued: take a new line for a new rate."),
            _("Add a tax"),
        )
        columns = (
            Column("name", _("Name of the tax"), lambda row: Cell(row.name), CellKind.STRONG, 20,
                   stretch=True),
            Column("rate", _("Rate"), lambda row: Cell(
                isolate(current().number(row.rate_bp / 100) + " %")
            ), CellKind.NUMBER, 10),
            Column("inclusive", _("Prices"), _inclusive, letters=20, drop=1),
        )  # fmt: skip
        super().__init__(context, words, columns, catalogue.tax_rates, "tax_rate")

    def form(self, row: TaxRateRow | None) -> LineForm:
        """The drawer for a tax."""
        return TaxLine(self._context, row)


def _inclusive(row: TaxRateRow) -> Cell:
    return Cell(_("contain the tax") if row.is_inclusive else _("without the tax"))


class TaxLine(LineForm):
    """A new tax, or one that is taken out of use."""

    draft_kind = "tax"
    draft_fields = ("name", "rate", "included")

    def __init__(self, context: Context, row: TaxRateRow | None) -> None:
        super().__init__(context, catalogue.save_tax_rate, row)
        self.active.hide()
        self.name: QLineEdit = self.line("name", _("Name of the tax"), row.name if row else "")
        self.rate = ParsedEdit(percent_parser)
        self.rate.edit.setObjectName("tax.rate")
        self.rows["rate_bp"] = self.fields.add(
            _("Tax rate in percent"), self.rate, required=row is None
        )
        self.included = Tick(_("The prices contain the tax"))
        self.fields.add(_("Prices"), self.included)
        if row is not None:
            self.rate.set_text(current().number(row.rate_bp / 100))
            self.included.setChecked(row.is_inclusive)
            for part in (self.name, self.rate, self.included):
                part.setEnabled(False)
            self.retire = Button(_("Take this tax out of use"), "danger", Icon.CLOSE)
            self.retire.setObjectName("tax.retire")
            self.retire.clicked.connect(self._on_retire)
            self.fields.add("", self.retire)

    def primary_text(self) -> str:
        """Only a new tax is saved."""
        return "" if self.row is not None else _("Save")

    def submit(self, print_too: bool) -> None:
        """Enter the tax."""
        if self.row is not None:
            return
        if not self.rate.show_error() or self.rate.value() is None:
            self.rows["rate_bp"].set_error(_("Write the rate as a number, such as 16 or 7.5."))
            self.rate.setFocus()
            return
        self._context.tasks.write_once(
            self,
            catalogue.save_tax_rate,
            self.name.text(),
            self.rate.value(),
            is_inclusive=self.included.isChecked(),
            done=self._done,
            failed=self._failed,
        )

    def _on_retire(self) -> None:
        if self.row is not None:
            self._context.tasks.write(
                self,
                catalogue.retire_tax_rate,
                self.row.id,
                done=lambda _nothing: self.close_requested.emit(),
                failed=self._failed,
            )
