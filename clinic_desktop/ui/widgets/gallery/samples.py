"""Sample rows and words of the gallery. They are data, not words of the program."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.gallery.words import say
from clinic_desktop.ui.widgets.patient_banner import AllergyState, PatientCard
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec, visit_status
from clinic_desktop.ui.widgets.trend_plot import Trend, TrendPoint


@dataclass(frozen=True)
class BoardRow:
    """A line of the sample board."""

    at: str
    name: str
    sub: str
    reason: str
    doctor: str
    status: str
    wait: str = ""
    amount: str = ""


BOARD = {
    1: BoardRow("08:40", "OKAFOR Adaeze", "34 F · 10421", "Blood pressure review", "Dr Kamau",
                "done", "", "1 500"),
    2: BoardRow("09:00", "ИВАНОВА Мария", "61 F · 10007", "Diabetes follow-up", "Dr Kamau",
                "to-bill", "", "2 400"),
    3: BoardRow("09:20", "الحسن أحمد", "7 M · 10388", "Fever, cough", "Dr Kamau", "in-room",
                "6 min"),
    4: BoardRow("09:40", "MENSAH Kofi", "45 M · 10102", "Wound dressing", "Nurse Lena", "arrived",
                "24 min"),
    5: BoardRow("09:50", "SINGH Harpreet", "29 F · 10415", "Antenatal, 28 weeks", "Dr Kamau",
                "arrived", "11 min"),
    6: BoardRow("10:00", "PETROV Oleg", "52 M · 10054", "Repeat prescription", "Dr Kamau",
                "confirmed"),
    7: BoardRow("10:20", "כהן דוד", "3 M · 10433", "MMR dose 1", "Nurse Lena", "booked"),
    8: BoardRow("10:40", "ABARA Chidi", "38 M · 10290", "Results", "Dr Kamau", "cancelled"),
    9: BoardRow("11:00", "MOREAU Claire", "70 F · 10011", "Hypertension", "Dr Kamau", "no-show"),
}  # fmt: skip


def _status(row: BoardRow) -> Cell:
    spec = visit_status(row.status)
    return Cell(spec.text, tone=spec.tone, glyph=spec.glyph)


def board_columns() -> list[Column]:
    """Columns of the sample board."""
    return [
        Column("at", say("Time"), lambda row: Cell(row.at), CellKind.STRONG, 6),
        Column("name", say("Patient"), lambda row: Cell(row.name, row.sub), CellKind.PERSON, 22,
               sortable=True),
        Column("reason", say("Reason"), lambda row: Cell(row.reason), stretch=True, sortable=True),
        Column("doctor", say("With"), lambda row: Cell(row.doctor), letters=11, drop=2),
        Column("status", say("Status"), _status, CellKind.PILL, 12),
        Column("wait", say("Wait"), lambda row: Cell(
            row.wait, tone=Tone.WARN if row.wait > "2" and len(row.wait) > 5 else None
        ), letters=7, drop=1),
        Column("amount", say("Amount"), lambda row: Cell(row.amount), CellKind.NUMBER, 8,
               drop=3),
    ]  # fmt: skip


IVANOVA = PatientCard(
    family="Иванова",
    given="Мария Петровна",
    born="03-Feb-1965",
    age="61 y",
    sex="F",
    number="10007",
    phone="+7 912 345-67-89",
    balance="1 200 ₽",
    owes=True,
    allergy_state=AllergyState.RECORDED,
    allergies=("Penicillin — anaphylaxis 2018", "Latex"),
    marks=(PillSpec("eGFR 48", Tone.WARN), PillSpec("Note", Tone.NEUTRAL, Glyph.NONE)),
)
HASSAN = PatientCard(
    family="الحسن",
    given="أحمد",
    born="12-Jun-2019",
    age="7 y",
    sex="M",
    number="10388",
    phone="+20 100 123 4567",
    allergy_state=AllergyState.NONE_KNOWN,
    asked="12-Jan",
)
OTIENO = PatientCard(family="Otieno", given="Brian", born="1986", age="~40 y", number="10512")
HBA1C = Trend(
    "HbA1c",
    tuple(
        TrendPoint(at, value, f"{value} %", when, "high" if value > 7.5 else "")
        for at, value, when in (
            (0, 9.1, "Nov 24"),
            (90, 8.6, "Feb 25"),
            (180, 8.3, "May 25"),
            (270, 7.8, "Aug 25"),
            (365, 7.4, "Nov 25"),
            (550, 7.0, "May 26"),
            (730, 7.4, "Nov 26"),
        )
    ),
    low=6.0,
    high=7.5,
)
