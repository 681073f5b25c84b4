"""Patients: registering, finding, listing, correcting, joining two charts of one person."""

from clinic_desktop.services.patients.banner import AllergyMark, PatientBannerData, banner
from clinic_desktop.services.patients.consents import (
    AlertRow,
    ConsentRow,
    Decision,
    alerts_of,
    consents_of,
    decide,
    decisions_of,
    end_alert,
    give_consent,
    raise_alert,
    withdraw_consent,
)
from clinic_desktop.services.patients.entry import (
    Identifier,
    PatientEntry,
    Phone,
    Policy,
    PostalAddress,
    RegisterPatient,
    Relative,
)
from clinic_desktop.services.patients.finding import search
from clinic_desktop.services.patients.listing import (
    Order,
    PatientFilter,
    PatientList,
    patient_list,
    rows,
)
from clinic_desktop.services.patients.looks import look
from clinic_desktop.services.patients.merging import MergeRow, merge, merges_of, undo_merge
from clinic_desktop.services.patients.numbers import NumberTakenError
from clinic_desktop.services.patients.photo import Photo, photo_from
from clinic_desktop.services.patients.registration import (
    PatientRecord,
    UpdatePatient,
    record_of,
    register,
    update,
)
from clinic_desktop.services.patients.rows import FoundPatient, PatientRow
from clinic_desktop.services.patients.similar import Candidate, SimilarPatient, similar

__all__ = [
    "AlertRow",
    "AllergyMark",
    "Candidate",
    "ConsentRow",
    "Decision",
    "FoundPatient",
    "Identifier",
    "MergeRow",
    "NumberTakenError",
    "Order",
    "PatientBannerData",
    "PatientEntry",
    "PatientFilter",
    "PatientList",
    "PatientRecord",
    "PatientRow",
    "Phone",
    "Photo",
    "Policy",
    "PostalAddress",
    "RegisterPatient",
    "Relative",
    "SimilarPatient",
    "UpdatePatient",
    "alerts_of",
    "banner",
    "consents_of",
    "decide",
    "decisions_of",
    "end_alert",
    "give_consent",
    "look",
    "merge",
    "merges_of",
    "patient_list",
    "photo_from",
    "raise_alert",
    "record_of",
    "register",
    "rows",
    "search",
    "similar",
    "undo_merge",
    "update",
    "withdraw_consent",
]
