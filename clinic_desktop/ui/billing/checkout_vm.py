"""The checkout as a value: lines, discount, total; the view only draws it."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any

from clinic_desktop.domain.invoicing import InvoiceTotal
from clinic_desktop.errors import ValidationError
from clinic_desktop.services.billing.accounts import Checkout, line_of
from clinic_desktop.services.billing.catalogue import ServiceRow
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm, work_out


@dataclass(frozen=True)
class CheckoutForm:
    """What is being charged."""

    patient_id: uuid.UUID
    currency: str
    encounter_id: uuid.UUID | None = None
    lines: tuple[LineForm, ...] = ()
    discount_bp: int = 0
    discount_reason: str = ""

    @classmethod
    def of(cls, checkout: Checkout) -> CheckoutForm:
        """The form as prefilled from the visit."""
        return cls(
            checkout.patient_id, checkout.currency, checkout.encounter_id, checkout.suggested
        )

    def with_service(self, service: ServiceRow) -> CheckoutForm:
        """One more service; the same one again counts one more."""
        new = line_of(service)
        for place, line in enumerate(self.lines):
            if line.service_item_id == service.id and line.quantity.isdigit():
                more = replace(line, quantity=str(int(line.quantity) + 1))
                return self._with(place, more)
        return replace(self, lines=(*self.lines, new))

    def with_quantity(self, place: int, text: str) -> CheckoutForm:
        """Another quantity for a line."""
        return self._with(place, replace(self.lines[place], quantity=text.strip() or "1"))

    def without(self, place: int) -> CheckoutForm:
        """A line less."""
        return replace(self, lines=self.lines[:place] + self.lines[place + 1 :])

    def _with(self, place: int, line: LineForm) -> CheckoutForm:
        return replace(self, lines=(*self.lines[:place], line, *self.lines[place + 1 :]))

    def as_texts(self) -> list[dict[str, Any]]:
        """The lines, for a draft."""
        return [
            asdict(line) | {"service_item_id": str(line.service_item_id or "")}
            for line in self.lines
        ]

    def with_texts(self, lines: list[dict[str, Any]]) -> CheckoutForm:
        """The lines of a draft."""
        return replace(self, lines=tuple(_line(each) for each in lines))

    def invoice_form(self) -> InvoiceForm:
        """As the service takes it."""
        return InvoiceForm(
            self.patient_id,
            self.lines,
            self.encounter_id,
            discount_bp=self.discount_bp,
            discount_reason=self.discount_reason,
        )

    def total(self) -> tuple[InvoiceTotal | None, str]:
        """What it adds up to, or the sentence for what cannot be charged."""
        try:
            return work_out(self.invoice_form(), self.currency), ""
        except ValidationError as error:
            return None, error.message


def _line(values: dict[str, Any]) -> LineForm:
    known = {name: values[name] for name in LineForm.__dataclass_fields__ if name in values}
    service = known.get("service_item_id")
    known["service_item_id"] = uuid.UUID(service) if service else None
    return LineForm(**known)
