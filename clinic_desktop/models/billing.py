"""Money: services and prices, invoices that never change once issued, payments."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Day, Json, UtcDateTime


class TaxRate(Synced, Base):
    """A tax in hundredths of a percent."""

    __tablename__ = "tax_rate"
    name: Mapped[str]
    rate_bp: Mapped[int]
    is_inclusive: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)


class ServiceItem(Synced, Base):
    """Something the practice charges for."""

    __tablename__ = "service_item"
    code: Mapped[str] = text()
    name: Mapped[str]
    category: Mapped[str] = text()
    tax_rate_id: Mapped[uuid.UUID | None] = optional_ref("tax_rate", index=False)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class PriceList(Synced, Base):
    """A set of prices: the standard one, an insurer's, the staff's."""

    __tablename__ = "price_list"
    name: Mapped[str]
    currency: Mapped[str]
    valid_from: Mapped[date | None] = mapped_column(Day)
    is_default: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)


class Price(Synced, Base):
    """What one service costs in one list."""

    __tablename__ = "price"
    price_list_id: Mapped[uuid.UUID] = ref("price_list")
    service_item_id: Mapped[uuid.UUID] = ref("service_item")
    amount_minor: Mapped[int]


class Invoice(Synced, Base):
    """An invoice or a credit note. Until issued it is a draft; afterwards it never changes."""

    __tablename__ = "invoice"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter")
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    kind: Mapped[str] = mapped_column(default="invoice")
    """``invoice`` or ``credit-note``."""
    status: Mapped[str] = mapped_column(default="draft")
    """``draft`` or ``issued``; paid and balanced are computed, never stored."""
    number: Mapped[str] = mapped_column(default="", server_default="", index=True)
    currency: Mapped[str]
    discount_minor: Mapped[int] = mapped_column(default=0)
    discount_bp: Mapped[int] = mapped_column(default=0)
    discount_reason: Mapped[str] = text()
    net_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int] = mapped_column(default=0)
    """Negative on a credit note."""
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    due_on: Mapped[date | None] = mapped_column(Day)
    seller: Mapped[Any] = mapped_column(Json, default=dict)
    """The practice as it was when the document was issued."""
    buyer: Mapped[Any] = mapped_column(Json, default=dict)
    refers_to: Mapped[uuid.UUID | None] = optional_ref("invoice")
    """The invoice a credit note takes back."""
    note: Mapped[str] = text()


class InvoiceLine(Synced, Base):
    """One service on an invoice, with its price as charged."""

    __tablename__ = "invoice_line"
    invoice_id: Mapped[uuid.UUID] = ref("invoice")
    service_item_id: Mapped[uuid.UUID | None] = optional_ref("service_item", index=False)
    position: Mapped[int] = mapped_column(default=0)
    description: Mapped[str]
    quantity: Mapped[str] = mapped_column(default="1")
    """A decimal as typed."""
    unit_price_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(default=0)
    discount_bp: Mapped[int] = mapped_column(default=0)
    tax_name: Mapped[str] = text()
    tax_bp: Mapped[int] = mapped_column(default=0)
    tax_inclusive: Mapped[bool] = mapped_column(default=False)
    net_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int] = mapped_column(default=0)


class Payment(Synced, Base):
    """Money taken or given back; never changed, a refund is a payment of its own."""

    __tablename__ = "payment"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    invoice_id: Mapped[uuid.UUID | None] = optional_ref("invoice")
    kind: Mapped[str] = mapped_column(default="payment")
    """``payment`` or ``refund``."""
    number: Mapped[str] = mapped_column(index=True)
    amount_minor: Mapped[int]
    """Negative on a refund."""
    currency: Mapped[str]
    method: Mapped[str]
    tendered_minor: Mapped[int | None]
    change_minor: Mapped[int | None]
    reference: Mapped[str] = text()
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    refers_to: Mapped[uuid.UUID | None] = optional_ref("payment", index=False)
    reason: Mapped[str] = text()
