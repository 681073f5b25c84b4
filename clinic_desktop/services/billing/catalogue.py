"""What the practice charges for, and how much."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.money import MOST_MINOR
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.billing import Price, PriceList, ServiceItem, TaxRate
from clinic_desktop.models.practice import Practice
from clinic_desktop.services.access import command, part, query


@dataclass(frozen=True)
class ServiceRow:
    """A service with its price in the standard list."""

    id: uuid.UUID
    code: str
    name: str
    category: str
    amount_minor: int
    tax_name: str
    tax_bp: int
    tax_inclusive: bool
    tax_rate_id: uuid.UUID | None
    is_active: bool = True
    version: int = 0
    """Base for saving: of the service or of its price, whichever was written last; 0 where the
    list is not for editing."""


@dataclass(frozen=True)
class ServiceForm:
    """A service as typed; ``id`` is ``None`` for a new one."""

    name: str
    amount_minor: int
    code: str = ""
    category: str = ""
    tax_rate_id: uuid.UUID | None = None
    is_active: bool = True
    id: uuid.UUID | None = None
    base: int | None = None


@dataclass(frozen=True)
class TaxRateRow:
    """A tax the practice charges."""

    id: uuid.UUID
    name: str
    rate_bp: int
    is_inclusive: bool


@query("practice.read")
def currency(reads: ReadSession) -> str:
    """The practice's currency (ISO 4217)."""
    found = reads.session.scalar(select(Practice.currency).limit(1))
    if found is None:
        raise NotFoundError(_("The practice has not been set up."))
    return found


@query("price.read")
def services(reads: ReadSession, text: str = "", *, all_: bool = False) -> tuple[ServiceRow, ...]:
    """Services with their standard price, in the practice's order.

    ``all_`` is for their list in the settings: with retired ones, and with the bases for saving.
    """
    standard = select(PriceList.id).where(PriceList.is_default, ~PriceList.is_deleted).limit(1)
    statement = (
        select(ServiceItem, Price, TaxRate)
        .select_from(ServiceItem)
        .outerjoin(
            Price,
            (Price.service_item_id == ServiceItem.id)
            & (Price.price_list_id == standard.scalar_subquery())
            & ~Price.is_deleted,
        )
        .outerjoin(TaxRate, TaxRate.id == ServiceItem.tax_rate_id)
        .where(~ServiceItem.is_deleted)
        .order_by(ServiceItem.position, ServiceItem.name)
    )
    if not all_:
        statement = statement.where(ServiceItem.is_active)
    words = text.casefold().split()
    versions = reads.versions("service_item") | reads.versions("price") if all_ else {}
    return tuple(
        _row(item, price, tax, versions)
        for item, price, tax in reads.session.execute(statement)
        if all(word in f"{item.code} {item.name} {item.category}".casefold() for word in words)
    )


def _row(
    item: ServiceItem, price: Price | None, tax: TaxRate | None, versions: dict[uuid.UUID, int]
) -> ServiceRow:
    return ServiceRow(
        id=item.id,
        code=item.code,
        name=item.name,
        category=item.category,
        amount_minor=price.amount_minor if price else 0,
        tax_name=tax.name if tax else "",
        tax_bp=tax.rate_bp if tax else 0,
        tax_inclusive=tax.is_inclusive if tax else False,
        tax_rate_id=item.tax_rate_id,
        is_active=item.is_active,
        version=max(versions.get(each.id, 0) for each in (item, price) if each is not None),
    )


@command("price.amend")
def save_service(uow: UnitOfWork, form: ServiceForm) -> uuid.UUID:
    """Enter or change a service and its standard price; documents already issued keep theirs.

    Raises:
        ValidationError: no name, or a price that cannot be.
        StaleError: somebody changed the service or its price since they were shown.
    """
    if not form.name.strip():
        raise ValidationError("name", _("The service needs a name."))
    if not 0 <= form.amount_minor <= MOST_MINOR:
        raise ValidationError("amount_minor", _("This price cannot be charged."))
    if form.id is None:
        last = uow.session.scalar(select(func.max(ServiceItem.position))) or 0
        item = ServiceItem(name=form.name.strip(), position=last + 1)
        uow.add(item)
    else:
        found = uow.session.get(ServiceItem, form.id)
        if found is None:
            raise NotFoundError(_("There is no such service."))
        item = found
        uow.expect("service_item", item.id, form.base)
        item.name = form.name.strip()
    item.code, item.category = form.code.strip(), form.category.strip()
    item.tax_rate_id, item.is_active = form.tax_rate_id, form.is_active
    _set_price(uow, item.id, form.amount_minor, form.base)
    return item.id


def _set_price(uow: UnitOfWork, service_id: uuid.UUID, amount_minor: int, base: int | None) -> None:
    list_id = standard_list(uow)
    uow.session.flush()
    price = uow.session.scalar(
        select(Price).where(
            Price.price_list_id == list_id,
            Price.service_item_id == service_id,
            ~Price.is_deleted,
        )
    )
    if price is None:
        uow.add(Price(price_list_id=list_id, service_item_id=service_id, amount_minor=amount_minor))
    else:
        uow.expect("price", price.id, base)
        price.amount_minor = amount_minor


@part
def standard_list(uow: UnitOfWork) -> uuid.UUID:
    """The standard price list, made when the first price is entered."""
    found = uow.session.scalar(
        select(PriceList.id).where(PriceList.is_default, ~PriceList.is_deleted)
    )
    if found is not None:
        return found
    new = PriceList(name=_("Standard"), currency=currency(uow), is_default=True)
    uow.add(new)
    uow.session.flush()
    return new.id


@query("price.read")
def tax_rates(reads: ReadSession) -> tuple[TaxRateRow, ...]:
    """The taxes in force."""
    rows = reads.session.scalars(
        select(TaxRate).where(TaxRate.is_active, ~TaxRate.is_deleted).order_by(TaxRate.rate_bp)
    )
    return tuple(TaxRateRow(row.id, row.name, row.rate_bp, row.is_inclusive) for row in rows)


@command("price.amend")
def save_tax_rate(
    uow: UnitOfWork, name: str, rate_bp: int, *, is_inclusive: bool = False
) -> uuid.UUID:
    """Enter a tax in hundredths of a percent.

    Raises:
        ValidationError: no name, or not between 0 and 100 %.
    """
    if not name.strip():
        raise ValidationError("name", _("The tax needs a name."))
    if not 0 <= rate_bp <= 10_000:
        raise ValidationError("rate_bp", _("A tax lies between 0 and 100 %."))
    row = TaxRate(name=name.strip(), rate_bp=rate_bp, is_inclusive=is_inclusive)
    uow.add(row)
    return row.id


@command("price.amend")
def retire_tax_rate(uow: UnitOfWork, tax_rate_id: uuid.UUID) -> None:
    """Offer a tax no more; documents already issued keep it.

    Raises:
        NotFoundError: there is no such tax.
        ValidationError: a service still has it.
    """
    row = uow.session.get(TaxRate, tax_rate_id)
    if row is None:
        raise NotFoundError(_("There is no such tax."))
    using = select(ServiceItem.name).where(
        ServiceItem.tax_rate_id == tax_rate_id, ServiceItem.is_active, ~ServiceItem.is_deleted
    )
    name = uow.session.scalar(using.limit(1))
    if name is not None:
        raise ValidationError(
            "tax", _("The service “{name}” still has this tax.").format(name=name)
        )
    row.is_active = False
