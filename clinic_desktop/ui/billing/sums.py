"""From the lines of a document to its total, so that the sum can be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services.billing.accounts import LineRow
from clinic_desktop.ui.billing.words import money
from clinic_desktop.ui.theme.tokens import SPACE_3
from clinic_desktop.ui.widgets.label import Label


@dataclass(frozen=True)
class Sum:
    """What stands between the lines and the total, in minor units of ``currency``."""

    lines: Sequence[LineRow]
    tax_minor: int
    tax_included: bool
    total_minor: int
    currency: str
    due_minor: int | None = None
    """``None`` where what was paid is not to be seen."""


class Sums(QWidget):
    """Subtotal, discount, tax, total; what is nothing is left out."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(0, 1)
        self._grid.setHorizontalSpacing(SPACE_3)

    def show_sum(self, of: Sum) -> None:
        """Show another document's."""
        while (item := self._grid.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, (name, amount, role) in enumerate(_rows(of)):
            self._grid.addWidget(Label(name, role), place, 0)
            shown = Label(money(amount, of.currency), role, tabular=True)
            self._grid.addWidget(shown, place, 1, Qt.AlignmentFlag.AlignTrailing)


def _rows(of: Sum) -> list[tuple[str, int, str]]:
    subtotal = sum(line.charged_minor for line in of.lines)
    rows = [
        (_("Subtotal"), subtotal if subtotal != of.total_minor else 0, "body"),
        (_("Discount"), -sum(line.discount_minor for line in of.lines), "body"),
        (_("Tax"), 0 if of.tax_included else of.tax_minor, "body"),
        (_("Total"), of.total_minor, "title"),
        (_("Tax contained in it"), of.tax_minor if of.tax_included else 0, "body"),
    ]
    if of.due_minor is not None:
        rows.append((_("Due"), of.due_minor, "strong"))
    return [each for each in rows if each[1] or each[2] != "body"]
