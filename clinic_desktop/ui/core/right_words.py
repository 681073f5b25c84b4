"""Rights and roles in words, for people who give them."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, pgettext
from clinic_desktop.services.audit.role_words import role_words


def role_names() -> dict[str, str]:
    """The roles of a practice in words."""
    return role_words(current())


def role_hints() -> dict[str, str]:
    """What each role is for, in a line."""
    return {
        "doctor": _("Charts, visits, prescriptions, signing; sees invoices"),
        "nurse": _("Charts, measurements, drafts of notes; no money"),
        "receptionist": _("Appointments, patients' details, invoices; no charts, no payments"),
        "cashier": _("Invoices, payments and refunds; of patients the name only"),
        "accountant": _("Prices and accounts, refunds to be agreed to; no charts"),
        "laboratory": _("Orders, results and documents; no notes"),
        "stock": _("Supplies and what is dispensed; no charts"),
        "owner": _("Settings, people, import and backup; reads all, signs nothing"),
        "administrator": _("Keeps the program and its backups in order; reads no charts"),
        "auditor": _("From outside, until a day: reads all and the log, changes nothing"),
        "insurer": _(
            "From outside, until a day: bills of people insured there, with diagnosis codes"
        ),
    }


def set_names() -> dict[str, str]:
    """The usual sets of roles in words."""
    return {
        "front-desk": pgettext("roles", "Front desk"),
        "doctor": pgettext("roles", "Doctor"),
        "nurse": pgettext("roles", "Nurse"),
        "accountant": pgettext("roles", "Accountant"),
        "treating-owner": pgettext("roles", "Owner who treats"),
        "everything": pgettext("roles", "Does everything alone"),
    }


def thing(permission: str) -> str:
    """What a right is about."""
    name = permission.partition(".")[0]
    return _things().get(name, name)


def verb(permission: str) -> str:
    """What may be done with it."""
    name = permission.partition(".")[2]
    return _verbs().get(name, name)


def _things() -> dict[str, str]:
    return {
        "patient": pgettext("right", "Patients' details"),
        "appointment": pgettext("right", "Appointments"),
        "note": pgettext("right", "Notes of visits"),
        "diagnosis": pgettext("right", "Diagnoses"),
        "vitals": pgettext("right", "Measurements"),
        "allergy": pgettext("right", "Allergies"),
        "prescription": pgettext("right", "Prescriptions"),
        "controlled": pgettext("right", "Controlled drugs"),
        "lab-order": pgettext("right", "Laboratory orders"),
        "result": pgettext("right", "Laboratory results"),
        "verification": pgettext("right", "Verified results"),
        "document": pgettext("right", "Documents and pictures"),
        "restricted": pgettext("right", "Charts kept in confidence"),
        "confidence": pgettext("right", "Keeping a chart in confidence"),
        "emergency": pgettext("right", "Charts opened in an emergency"),
        "chart": pgettext("right", "Charts"),
        "visit": pgettext("right", "Visits"),
        "letter": pgettext("right", "Referrals and sick notes"),
        "consent": pgettext("right", "Consents"),
        "disclosure": pgettext("right", "What was given to others"),
        "invoice": pgettext("right", "Invoices"),
        "payment": pgettext("right", "Payments"),
        "refund": pgettext("right", "Refunds and invoices taken back"),
        "price": pgettext("right", "Prices"),
        "claim": pgettext("right", "Insurance claims"),
        "supply": pgettext("right", "Supplies"),
        "report-clinical": pgettext("right", "Clinical reports"),
        "report-financial": pgettext("right", "Financial reports"),
        "user": pgettext("right", "People and their roles"),
        "backup": pgettext("right", "Backups"),
        "audit": pgettext("right", "The log"),
        "practice": pgettext("right", "The practice's details"),
        "print": pgettext("right", "Papers"),
        "draft": pgettext("right", "Own unfinished texts"),
        "import": pgettext("right", "Import of records"),
        "export": pgettext("right", "Export of records"),
        "pack": pgettext("right", "Code lists"),
        "record": pgettext("right", "Checks of the record"),
    }


def _verbs() -> dict[str, str]:
    return {
        "find": pgettext("right", "find"),
        "read": pgettext("right", "see"),
        "create": pgettext("right", "add"),
        "amend": pgettext("right", "change"),
        "merge": pgettext("right", "join"),
        "void": pgettext("right", "cancel"),
        "sign": pgettext("right", "sign"),
        "flag": pgettext("right", "see that there are any"),
        "approve": pgettext("right", "decide"),
        "export": pgettext("right", "take out"),
        "own": pgettext("right", "see one's own"),
        "write": pgettext("right", "make"),
        "run": pgettext("right", "start"),
        "check": pgettext("right", "start"),
    }
