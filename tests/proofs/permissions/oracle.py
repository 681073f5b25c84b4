"""What ``permission_oracle.csv`` says; it knows nothing of the program.

The table is written down from the text of our permission design: C create, R read, U amend,
S sign, V void, A approve, X export, F only the flag, each followed by the numbers of the footnotes
that apply to the letters before them. Where the text leaves room, it is read as follows:

* who may amend, sign, void, approve or export a thing may read it (R is then written out);
* demographics with footnote 1 (name, birth date, card number) are a line of their own;
* the auditor works within a time (6) on every line, as the insurer's agent does within his (2);
* amending what somebody signs ends with the signature, and so does what is amended "until issued".
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("permission_oracle.csv")
ROLE_OF = {
    "Doctor": "doctor", "Nurse": "nurse", "Recept.": "receptionist", "Cashier": "cashier",
    "Acct": "accountant", "Lab": "laboratory", "Stock": "stock", "Admin(IT)": "administrator",
    "Owner": "owner", "Insurer": "insurer", "Auditor": "auditor", "Patient": "patient",
}  # fmt: skip
VERB_OF = {
    "C": "create", "R": "read", "U": "amend", "S": "sign", "V": "void", "A": "approve",
    "X": "export", "F": "flag",
}  # fmt: skip
CLINICAL = {
    "encounter note", "diagnoses", "vitals", "allergies", "allergy flag", "prescription",
    "controlled drug issue", "lab order", "lab result entry", "lab result verify", "documents",
    "restricted section", "reports clinical",
}  # fmt: skip
Lines = dict[str, dict[str, dict[str, str]]]
"""Resource, role, letter: its footnote."""
SIGNED_LATER = {"encounter note", "diagnoses", "vitals", "allergies"}


@dataclass(frozen=True)
class Case:
    """One question."""

    roles: tuple[str, ...]
    resource: str
    verb: str
    own: bool
    signed: bool
    restricted: bool
    team: bool
    glass: bool
    engaged: bool
    single: bool
    narrowed: bool


def table() -> Lines:
    """Resource, role, letter: the footnote of that letter, or an empty text."""
    found: Lines = {}
    for row in csv.DictReader(TABLE.read_text("utf-8").splitlines()):
        resource = row.pop("resource")
        found[resource] = {ROLE_OF[name]: letters(cell) for name, cell in row.items()}
    return found


def letters(cell: str) -> dict[str, str]:
    """The letters of a cell with the footnote that follows them."""
    return {letter: note for run, note in re.findall(r"([A-Z]+)(\d*)", cell) for letter in run}


def answer(case: Case, lines: Lines) -> tuple[bool, bool]:
    """Whether it is allowed, and whether only as approved by oneself."""
    letter = next(key for key, verb in VERB_OF.items() if verb == case.verb)
    clean = approved = False
    for role in case.roles:
        cell = lines[case.resource].get(role, {})
        if letter in cell and _open_chart(case, role, letter):
            ok, by_self = _footnote(case, letter, cell[letter])
            clean, approved = clean or (ok and not by_self), approved or (ok and by_self)
    return clean or approved, approved and not clean


def _open_chart(case: Case, role: str, letter: str) -> bool:
    if not case.restricted or case.resource not in CLINICAL or role == "patient":
        return True
    if role == "doctor" and case.team:
        return True
    return case.glass and role in {"doctor", "nurse"} and letter in "CRF"


def _footnote(case: Case, letter: str, note: str) -> tuple[bool, bool]:
    """Allowed, and only by approving of one's own doing."""
    by_self = False
    if note == "2":
        may = case.narrowed and case.engaged
    elif note in {"3", "7", "9", "16"}:
        may = case.narrowed
    elif note == "6":
        may = case.engaged
    elif note in {"10", "11", "14"}:
        may, by_self = not case.own or case.single, case.own
    elif note == "12":
        may = case.team
    elif note == "15":
        may, by_self = case.single, True
    elif note == "4" and letter == "S":
        may = case.own and not case.signed
    elif note in {"5", "13"} and letter == "U":
        may = not case.signed
    else:
        ends = letter == "U" or (letter == "S" and case.resource != "lab result verify")
        may = not (ends and case.resource in SIGNED_LATER and case.signed)
    return may, by_self
