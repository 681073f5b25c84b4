"""What stands against a medicine, why it is given all the same, and what nobody checked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, commas, pgettext
from clinic_desktop.services.prescribing.safety import SafetyReport
from clinic_desktop.ui.theme.tokens import SPACE_2, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice

_TONES = {"stop": Tone.DANGER, "ask": Tone.WARN, "note": Tone.INFO}


class SafetyNotices(QWidget):
    """Cards from grave to light; the focus is never taken from the typing."""

    reason_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._cards = QVBoxLayout()
        self._cards.setSpacing(SPACE_2)
        self._reason = QLineEdit(self)
        self._reason.setObjectName("prescribe.override")
        self._reason.setAccessibleName(_("Reason to prescribe all the same"))
        self._reason.setPlaceholderText(_("Reason to prescribe all the same"))
        self._reason.textEdited.connect(lambda _text: self.reason_changed.emit())
        self._chips = QWidget(self)
        flow = FlowLayout(self._chips)
        for text in self._usual_reasons():
            chip = Button(text)
            chip.clicked.connect(lambda _on=False, words=text: self._choose(words))
            flow.addWidget(chip)
        self._covered = Label("", "caption", "muted", wrap=True, parent=self)
        self._covered.setObjectName("prescribe.checked")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_2)
        column.addLayout(self._cards)
        column.addWidget(self._chips)
        column.addWidget(self._reason)
        column.addWidget(self._covered)
        self.clear()

    def _usual_reasons(self) -> tuple[str, ...]:
        return (
            _("Tolerated before"),
            _("Allergy unlikely"),
            _("Benefit outweighs the risk"),
        )

    def reason(self) -> str:
        """Why it is given all the same; empty where nothing stands against it."""
        return self._reason.text().strip() if self._reason.isVisibleTo(self) else ""

    def typed_reason(self) -> str:
        """What stands in the field, asked for or not."""
        return self._reason.text().strip()

    def give_reason(self, words: str) -> None:
        """Begin with a reason that was typed before."""
        self._reason.setText(words)

    def clear(self) -> None:
        """Nothing to say."""
        self._reason.clear()
        self._show_cards(())
        self._covered.setText("")
        self._covered.hide()
        self._ask(on=False)

    def show_report(self, report: SafetyReport) -> None:
        """Say what was found, and what that does not cover."""
        self._show_cards(tuple((alert.level, alert.text) for alert in report.alerts))
        self._ask(on=report.needs_reason)
        checked = commas(report.checked) or _("nothing")
        words = _("Checked: {checked}. Not checked: {unchecked}.")
        self._covered.setText(words.format(checked=checked, unchecked=commas(report.unchecked)))
        self._covered.show()

    def ask_reason(self) -> None:
        """The line waits for a reason."""
        self._reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, words: str) -> None:
        self._reason.setText(words)
        self.reason_changed.emit()

    def _ask(self, *, on: bool) -> None:
        self._chips.setVisible(on)
        self._reason.setVisible(on)

    def _show_cards(self, alerts: tuple[tuple[str, str], ...]) -> None:
        while (item := self._cards.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        titles = {
            "stop": _("Stop: allergy"),
            "ask": _("Allergy?"),
            "note": pgettext("remark", "Note"),
        }
        for level, text in alerts:
            card = Notice(
                _TONES.get(level, Tone.INFO), titles.get(level, pgettext("remark", "Note")), text
            )
            self._cards.addWidget(card)
