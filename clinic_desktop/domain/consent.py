"""What people agree to: the words for what was decided, by whom, and what may be shared."""

from __future__ import annotations

from typing import Final

GIVEN, REFUSED, WITHDRAWN, ASKED = "active", "refused", "withdrawn", "proposed"
"""``ASKED``: the form was printed, nothing is decided by it."""
DECISIONS: Final = (GIVEN, REFUSED, WITHDRAWN)
PATIENT, GUARDIAN, REPRESENTATIVE = "patient", "guardian", "representative"
ROLES: Final = (PATIENT, GUARDIAN, REPRESENTATIVE)
"""Who decides: the person, whoever has custody, or whoever has a power of attorney."""
KINDS: Final = ("treatment", "data", "messages")
"""What the form asks: care, keeping data, being written to. Other kinds are kept as they come."""
FHIR_STATUS: Final = {
    GIVEN: "active",
    REFUSED: "rejected",
    WITHDRAWN: "inactive",
    ASKED: "proposed",
}
"""Our states as HL7 FHIR R4 Consent.status."""
