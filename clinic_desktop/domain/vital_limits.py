"""Which vital signs cannot be true, and which are worth a second look, by age.

Below ``refuse_low`` and above ``refuse_high`` a value is a typing error and is not accepted;
outside ``ask_low`` … ``ask_high`` it is accepted, but the person is asked. Asking limits are
published ones, so that a warning means something; refusing limits lie at the edge of what was ever
measured, because a true value that is refused would be lost.

Sources:
[ACC]   Whelton 2017, ACC/AHA hypertension guideline: crisis above 180/120 mmHg.
[AAP]   Flynn 2017, AAP guideline, table 6 (screening values); 30 mmHg above calls for care now.
[CDC]   CDC 2000 growth charts, ±3 and ±6 z (Kuczmarski 2002).
[Fleming] Fleming 2011, Lancet 377:1011, 1st and 99th centiles of pulse and breathing.
[GWR]   Guinness World Records: heaviest person 635 kg, tallest 272 cm, shortest adult 54.6 cm,
        lightest newborn that lived 212 g, heaviest newborn 9.98 kg, highest glucose 147.6 mmol/L.
[ISO]   ISO 81060-1: manometer scales end at 300 mmHg.
[NEWS2] Royal College of Physicians 2017: a single reading that scores 3 (temperature above: 2).
[NG143] NICE NG143: 38 °C under 3 months.
[PALS]  American Heart Association, paediatric advanced life support: lowest systolic pressure.
[ADA]   American Diabetes Association, Standards of Care: low below 3.9, crisis from 13.9 mmol/L.
[Slovis] Slovis 1982, Ann Emerg Med 11:269: 46.5 °C survived; [Gilbert] 2000, Lancet 355:375:
        13.7 °C survived.
[WHO]   WHO Child Growth Standards 2006 and Reference 2007, ±3 and ±6 z of boys and girls.
[ours]  No published limit was found: the lowest diastolic pressures and oxygen saturation, the
        body mass index of children, and the margin for premature babies under one year.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Limits(NamedTuple):
    """Four limits from an age in months on; in the vital sign's own unit."""

    from_months: int
    refuse_low: Decimal
    ask_low: Decimal
    ask_high: Decimal
    refuse_high: Decimal


def _table(*rows: tuple[float, float, float, float, float]) -> tuple[Limits, ...]:
    return tuple(Limits(int(row[0]), *(Decimal(str(value)) for value in row[1:])) for row in rows)


STEPS: dict[str, tuple[Limits, ...]] = {
    # mmHg. Refusing: [ISO]. Low: [PALS] (60 newborn, 70 infant, 70 + 2 × age, 90 from ten);
    # high: [AAP] plus 30 up to twelve, then [ACC].
    "systolic": _table(
        (0, 20, 60, 128, 300), (1, 20, 70, 128, 300), (12, 20, 72, 128, 300),
        (36, 20, 76, 131, 300), (60, 20, 80, 133, 300), (84, 20, 84, 136, 300),
        (120, 20, 90, 138, 300), (156, 20, 90, 180, 300),
    ),
    # mmHg. Low: [ours]; high as for systolic pressure.
    "diastolic": _table(
        (0, 5, 20, 82, 200), (12, 5, 30, 82, 200), (36, 5, 35, 88, 200), (84, 5, 40, 98, 200),
        (156, 5, 40, 120, 200),
    ),
    # Beats a minute: [Fleming] up to 18 years, [NEWS2] for adults.
    "pulse": _table(
        (0, 10, 90, 181, 350), (3, 10, 104, 175, 350), (6, 10, 98, 168, 350),
        (9, 10, 93, 161, 350), (12, 10, 88, 156, 350), (18, 10, 82, 149, 350),
        (24, 10, 76, 142, 350), (36, 10, 70, 136, 350), (48, 10, 65, 131, 350),
        (72, 10, 59, 123, 350), (96, 10, 52, 115, 350), (144, 10, 47, 108, 350),
        (180, 10, 43, 104, 350), (216, 10, 41, 130, 350),
    ),
    # Breaths a minute: [Fleming], [NEWS2].
    "respiration": _table(
        (0, 2, 25, 66, 150), (3, 2, 24, 64, 150), (6, 2, 23, 61, 150), (9, 2, 22, 58, 150),
        (12, 2, 19, 53, 120), (18, 2, 18, 46, 120), (24, 2, 17, 38, 120), (36, 2, 17, 33, 100),
        (48, 2, 17, 29, 100), (72, 2, 16, 27, 100), (96, 2, 14, 25, 100), (144, 2, 12, 23, 100),
        (180, 2, 11, 22, 100), (216, 2, 9, 24, 100),
    ),
    # °C: refusing [Gilbert] and [Slovis]; asking [NG143], [NEWS2].
    "temperature": _table((0, 13.7, 35.1, 37.9, 46.5), (3, 13.7, 35.1, 39.0, 46.5)),
    # %: asking [NEWS2]; refusing [ours].
    "spo2": _table((0, 10, 92, 100, 100)),
    # mmol/L: [GWR], [ADA].
    "glucose": _table((0, 0.1, 3.9, 13.9, 147.6)),
    # kg/m²: WHO severe thinness below 16 in adults; the rest [ours].
    "bmi": _table((24, 3, 12, 30, 300), (120, 3, 13, 40, 300), (228, 3, 16, 50, 300)),
}  # fmt: skip
"""Limits that hold from one age to the next."""

CURVES: dict[str, tuple[Limits, ...]] = {
    # kg: [WHO] up to ten years, then [CDC]; refusing from ±6 z and [GWR], [ours] below 1 y.
    "weight": _table(
        (0, 0.2, 2.0, 5.1, 10), (3, 0.5, 4.0, 9.0, 13), (6, 1.5, 5.1, 11.0, 15),
        (12, 3.5, 6.2, 13.4, 18), (24, 5.1, 8.0, 17.2, 24), (36, 6.0, 9.6, 21, 30),
        (48, 6.5, 10.8, 25.2, 37), (60, 6.9, 12.0, 29.6, 44), (96, 9.4, 16.3, 45, 100),
        (120, 10, 20, 75, 150), (144, 10, 25, 95, 200), (180, 10, 34, 136, 400),
        (216, 10, 40, 160, 635),
    ),
    # cm: [WHO]; refusing from ±6 z and [GWR].
    "height": _table(
        (0, 20, 43.5, 55.6, 63), (3, 28, 53, 67.6, 75), (6, 35, 58.9, 74.1, 82),
        (12, 45, 66, 83, 92), (24, 52, 76, 97, 108), (36, 54, 83.5, 107.3, 120),
        (60, 54, 95, 124, 140), (96, 54, 109, 144.3, 165), (120, 54, 118.6, 159, 182),
        (144, 54, 127.4, 173, 200), (180, 54, 142, 191.5, 240), (228, 54, 143, 198, 272),
    ),
    # cm: [WHO].
    "head": _table(
        (0, 15, 30.3, 38.3, 60), (3, 18, 35.8, 44.1, 70), (6, 20, 38.2, 47.0, 75),
        (12, 24, 40.8, 50, 80), (24, 28, 42.9, 52.4, 80), (36, 28, 44.2, 53.8, 80),
        (60, 28, 45.6, 55.3, 80), (228, 30, 50, 62, 80),
    ),
}  # fmt: skip
"""Limits that grow with the child: straight lines between the ages given."""


def limits(kind: str, months: int | None) -> Limits:
    """The limits at an age; with no age known, only what is true of nobody is refused."""
    table = STEPS.get(kind) or CURVES[kind]
    if months is None:
        low, high = min(row[1] for row in table), max(row[4] for row in table)
        return Limits(0, low, low, high, high)
    before = [row for row in table if row.from_months <= months] or [table[0]]
    after = [row for row in table if row.from_months > months]
    if kind in STEPS or not after or before[-1].from_months > months:
        return before[-1]
    lower, upper = before[-1], after[0]
    part = Decimal(months - lower.from_months) / (upper.from_months - lower.from_months)
    values = (a + (b - a) * part for a, b in zip(lower[1:], upper[1:], strict=True))
    return Limits(months, *values)
