"""Who this is: the same words at the same place above everything about a patient.

After the NHS Common User Interface guidance: family name in capitals, no label on the name,
"Born" without a colon, the value stronger than its label, and an allergy zone never empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from clinic_desktop.domain.names import HumanName
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_3, SPACE_4, Tone
from clinic_desktop.ui.widgets.avatar import Avatar, initials
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import Glyph, Pill, PillSpec

_MOST_FACTS = 5
"""Birth, sex, number, phone, balance."""


class AllergyState(StrEnum):
    """What is known about allergies."""

    RECORDED = "recorded"
    NONE_KNOWN = "none-known"
    NOT_ASKED = "not-asked"
    CONFIDENTIAL = "confidential"
    """The chart is closed to whoever looks."""


@dataclass(frozen=True)
class PatientCard:
    """The words of a banner, already formatted for the reader."""

    family: str
    given: str
    born: str = ""
    age: str = ""
    sex: str = ""
    number: str = ""
    phone: str = ""
    balance: str = ""
    owes: bool = False
    allergy_state: AllergyState = AllergyState.NOT_ASKED
    allergies: tuple[str, ...] = ()
    asked: str = ""
    marks: tuple[PillSpec, ...] = ()
    photo: bytes = b""

    @property
    def name(self) -> str:
        """FAMILY Given, in the order of its script; scripts without capitals stay as they are."""
        name = HumanName(self.family, self.given).banner(current().language)
        return name or _("Name not known")


class PatientBanner(QFrame):
    """Shows a PatientCard; ``is_card=False`` where it lies in a card already."""

    def __init__(
        self,
        card: PatientCard | None = None,
        parent: QWidget | None = None,
        *,
        is_card: bool = True,
    ) -> None:
        super().__init__(parent)
        self._is_card = is_card
        self.setProperty("role", "card" if is_card else "")
        self._card = card or PatientCard("", "")
        self._avatar = Avatar("", "")
        self._name = Label(role="name", wrap=True)
        self._facts = [Label(tone="muted") for _fact in range(_MOST_FACTS)]
        self._owed = Label("", "strong", "warn")
        self._pills: list[Pill] = []
        self._pills_flow = FlowLayout(line_gap=SPACE_1)
        self._actions = QWidget()
        self._action_row = FlowLayout(self._actions)
        self._build()
        self.set_card(self._card)

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(SPACE_1)
        words.addWidget(self._name)
        facts, pills = QWidget(), QWidget()
        flow = FlowLayout(facts, gap=SPACE_3, line_gap=SPACE_1)
        for label in (*self._facts, self._owed):
            flow.addWidget(label)
        pills.setLayout(self._pills_flow)
        words.addWidget(facts)
        words.addWidget(pills)
        row = QHBoxLayout(self)
        if self._is_card:
            row.setContentsMargins(SPACE_4, SPACE_3, SPACE_4, SPACE_3)
        else:
            row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_3)
        row.addWidget(self._avatar, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._actions, 0, Qt.AlignmentFlag.AlignVCenter)

    def card(self) -> PatientCard:
        """What is shown."""
        return self._card

    def add_action(self, widget: QWidget) -> None:
        """A button at the trailing edge."""
        self._action_row.addWidget(widget)

    def set_card(self, card: PatientCard) -> None:
        """Show a patient."""
        self._card = card
        self._avatar.set_person(initials(card.family, card.given), card.name)
        if card.photo:
            self._avatar.set_photo(card.photo)
        self._name.setText(card.name)
        self._show_facts()
        self._show_pills()
        self.setAccessibleName(card.name)
        spoken = [*self._fact_words(), *(spec.text for spec in self._pill_specs())]
        self.setAccessibleDescription(", ".join(spoken))

    def _born(self) -> str:
        if not self._card.born:
            return _("Birth date not known")
        born = _("Born {date}").format(date=isolate(self._card.born))
        return f"{born} ({isolate(self._card.age)})" if self._card.age else born

    def _fact_words(self) -> list[str]:
        card = self._card
        words = [self._born()]
        words += [card.sex] if card.sex else []
        if card.number:
            words.append(_("No {number}").format(number=isolate(card.number)))
        words.append(isolate(card.phone) if card.phone else _("No phone"))
        if card.balance:
            words.append(_("Balance {amount}").format(amount=isolate(card.balance)))
        return words

    def _show_facts(self) -> None:
        words = self._fact_words()
        owes = bool(self._card.balance) and self._card.owes
        self._owed.setText(words.pop() if owes else "")
        self._owed.setVisible(owes)
        words += [""] * (_MOST_FACTS - len(words))
        for label, text in zip(self._facts, words, strict=True):
            label.setText(text)
            label.setVisible(bool(text))

    def _show_pills(self) -> None:
        specs = self._pill_specs()
        while len(self._pills) < len(specs):
            self._pills.append(Pill(PillSpec("")))
            self._pills_flow.addWidget(self._pills[-1])
        for place, pill in enumerate(self._pills):
            if place < len(specs):
                pill.set_spec(specs[place])
            pill.setVisible(place < len(specs))

    def _pill_specs(self) -> list[PillSpec]:
        card = self._card
        asked = f" ({card.asked})" if card.asked else ""
        if card.allergy_state is AllergyState.RECORDED and card.allergies:
            zone = [PillSpec(text, Tone.DANGER, Glyph.UP) for text in card.allergies]
        elif card.allergy_state is AllergyState.NONE_KNOWN:
            zone = [PillSpec(_("No known allergies") + asked, Tone.OK)]
        elif card.allergy_state is AllergyState.CONFIDENTIAL:
            zone = [PillSpec(_("Allergies kept in confidence"), Tone.WARN, Glyph.UP)]
        else:
            zone = [PillSpec(_("Allergies not asked"), Tone.WARN, Glyph.UP)]
        return [*zone, *card.marks]
