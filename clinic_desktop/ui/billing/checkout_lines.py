"""One line of the checkout."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from clinic_desktop.i18n import _
from clinic_desktop.services.billing.invoices import LineForm
from clinic_desktop.ui.billing.words import money
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import IconButton
from clinic_desktop.ui.widgets.label import Label

_QUANTITY_WIDTH = 56


class LineRow(QFrame):
    """Service, quantity, price; the quantity can be typed over."""

    quantity_changed = Signal(str)
    removed = Signal()

    def __init__(self, line: LineForm, currency: str) -> None:
        super().__init__()
        self.setAccessibleName(line.description)
        self.quantity = QLineEdit(line.quantity)
        self.quantity.setAccessibleName(_("Quantity of {service}").format(service=line.description))
        self.quantity.setFixedWidth(_QUANTITY_WIDTH)
        self.quantity.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
        self.quantity.textEdited.connect(self.quantity_changed)
        remove = IconButton(
            Icon.CLOSE, _("Take {service} off the bill").format(service=line.description)
        )
        remove.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_2)
        row.addWidget(Label(line.description, wrap=True), 1)
        row.addWidget(self.quantity)
        row.addWidget(Label(money(line.unit_price_minor, currency), tabular=True))
        row.addWidget(remove)
