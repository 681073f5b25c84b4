"""Tables of the record, one file per aggregate."""

from clinic_desktop.models import (
    billing,
    clinical,
    confidentiality,
    document,
    encounter,
    journal,
    local,
    medication,
    membership,
    observation,
    patient,
    practice,
    privacy,
    provenance,
    scheduling,
    sync,
    task,
)
from clinic_desktop.models.base import Base

__all__ = [
    "Base",
    "billing",
    "clinical",
    "confidentiality",
    "document",
    "encounter",
    "journal",
    "local",
    "medication",
    "membership",
    "observation",
    "patient",
    "practice",
    "privacy",
    "provenance",
    "scheduling",
    "sync",
    "task",
]
