"""What is synced: numeric ids of tables, columns and groups, and how each group merges.

The numbers are in files and messages for ever: never reuse one, only add. A *group* is the set
of columns that merge as one unit, so that a dose and its unit can never come from two people.
Triggers, journal, history, data dictionary and (later) merge are generated from this file.
Group 0 of every table is its existence (``is_deleted``, column 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property


class Policy(Enum):
    """What happens when two PCs changed the same group without knowing of each other."""

    REVIEW_SAFETY = "review-safety"
    """A person decides; until then every version is shown and checked."""
    REVIEW_CLINICAL = "review-clinical"
    """A person decides; listed with a reminder."""
    REVIEW_ADMIN = "review-admin"
    """A person decides; listed."""
    LATEST = "latest"
    """The later version is shown, the other stays in the history."""
    INSERT_ONLY = "insert-only"
    """Rows are never changed, so there is nothing to merge."""
    LEDGER = "ledger"
    """Money: corrected by further rows, never by changing one."""


@dataclass(frozen=True)
class GroupSpec:
    """Columns that merge as one unit."""

    number: int
    name: str
    policy: Policy
    columns: tuple[tuple[str, int], ...]
    """Names with their numbers, which are unique within the table."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(name for name, _ in self.columns)


@dataclass(frozen=True)
class TableSpec:
    """A synced table."""

    number: int
    name: str
    own_groups: tuple[GroupSpec, ...]

    @cached_property
    def groups(self) -> tuple[GroupSpec, ...]:
        """All groups, existence first."""
        return (EXISTENCE, *self.own_groups)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All captured columns in the order of their numbers."""
        numbered = [pair for each in self.groups for pair in each.columns]
        return tuple(name for name, _ in sorted(numbered, key=lambda pair: pair[1]))

    @cached_property
    def insert_only(self) -> bool:
        """Whether rows of this table never change."""
        return all(each.policy is Policy.INSERT_ONLY for each in self.own_groups)


def group(number: int, name: str, policy: Policy, columns: str) -> GroupSpec:
    """Read ``"family:1 given:2"``."""
    pairs = (entry.split(":") for entry in columns.split())
    return GroupSpec(number, name, policy, tuple((column, int(n)) for column, n in pairs))


EXISTENCE = GroupSpec(0, "existence", Policy.REVIEW_CLINICAL, (("is_deleted", 0),))

SCHEMA_VERSION = 1
"""Goes into every commit; raised with each migration that adds to this file."""

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        1,
        "practice",
        (
            group(
                1,
                "details",
                Policy.LATEST,
                "name:1 legal_name:2 tax_number:3 licence_number:4 phone:5 email:6 "
                "website:7 address:8 city:9 postal_code:10 country:11 language:12 "
                "currency:13 time_zone:14 letterhead:15 logo_id:16 is_sample:17",
            ),
        ),
    ),
    TableSpec(
        2,
        "app_user",
        (
            group(
                1,
                "details",
                Policy.REVIEW_ADMIN,
                "login:1 name:2 roles:3 language:4 practitioner_id:5 is_active:6",
            ),
        ),
    ),
    TableSpec(
        3,
        "practitioner",
        (
            group(
                1,
                "details",
                Policy.REVIEW_ADMIN,
                "family:1 given:2 prefix:3 name:4 specialty:5 registration_number:6 "
                "identifier:7 phone:8 email:9 color:10 is_staff:11 is_active:12",
            ),
        ),
    ),
    TableSpec(
        4,
        "organization",
        (
            group(
                1,
                "details",
                Policy.REVIEW_ADMIN,
                "name:1 kind:2 identifier:3 phone:4 address:5 city:6 postal_code:7 country:8",
            ),
        ),
    ),
    TableSpec(
        5,
        "location",
        (group(1, "details", Policy.LATEST, "name:1 kind:2 color:3 position:4 is_active:5"),),
    ),
    TableSpec(
        6,
        "setting",
        (group(1, "details", Policy.LATEST, "key:1 value:2 user_id:3"),),
    ),
    TableSpec(
        7,
        "favourite",
        (group(1, "details", Policy.LATEST, "user_id:1 kind:2 label:3 payload:4 uses:5"),),
    ),
    TableSpec(
        8,
        "patient",
        (
            group(
                1,
                "name",
                Policy.REVIEW_CLINICAL,
                "family:1 given:2 middle:3 prefix:4 suffix:5 preferred:6 name_latin:7",
            ),
            group(2, "birth", Policy.REVIEW_CLINICAL, "birth_date:8 birth_precision:9"),
            group(3, "sex", Policy.REVIEW_CLINICAL, "sex:10"),
            group(4, "death", Policy.REVIEW_CLINICAL, "deceased:11 deceased_at:12"),
            group(5, "allergies", Policy.REVIEW_SAFETY, "allergy_status:13 allergy_asked_on:14"),
            group(
                6,
                "address",
                Policy.LATEST,
                "address:15 city:16 district:17 state:18 postal_code:19 country:20",
            ),
            group(7, "number", Policy.REVIEW_CLINICAL, "mrn:21"),
            group(8, "merge", Policy.REVIEW_CLINICAL, "merged_into:22"),
            group(9, "note", Policy.REVIEW_ADMIN, "note:23"),
            group(10, "photo", Policy.LATEST, "photo_id:24"),
            group(
                11,
                "details",
                Policy.REVIEW_CLINICAL,
                "marital_status:25 language:26 practitioner_id:27",
            ),
        ),
    ),
    TableSpec(
        9,
        "patient_identifier",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(2, "details", Policy.REVIEW_ADMIN, "system:2 kind:3 value:4 assigner:5"),
        ),
    ),
    TableSpec(
        10,
        "contact_point",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(2, "details", Policy.LATEST, "system:2 use:3 value:4 digits:5 rank:6"),
        ),
    ),
    TableSpec(
        11,
        "related_person",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.LATEST,
                "relationship:2 name:3 phone:4 is_guardian:5 is_next_of_kin:6",
            ),
        ),
    ),
    TableSpec(
        12,
        "coverage",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.REVIEW_ADMIN,
                "payer_id:2 payer_name:3 policy_number:4 kind:5 relationship:6 status:7 "
                "valid_from:8 valid_to:9",
            ),
        ),
    ),
    TableSpec(
        13,
        "consent",
        (
            group(
                1,
                "all",
                Policy.INSERT_ONLY,
                "patient_id:1 kind:2 version:3 status:4 given_at:5 given_by:6 recorded_by:7",
            ),
        ),
    ),
    TableSpec(
        14,
        "patient_alert",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(2, "details", Policy.REVIEW_ADMIN, "severity:2 message:3 is_active:4"),
        ),
    ),
    TableSpec(
        15,
        "patient_merge",
        (
            group(
                1,
                "details",
                Policy.REVIEW_ADMIN,
                "survivor_id:1 merged_id:2 status:3 reason:4 merged_at:5 merged_by:6 "
                "moved:7 undone_at:8",
            ),
        ),
    ),
    TableSpec(
        16,
        "appointment_type",
        (
            group(
                1,
                "details",
                Policy.LATEST,
                "name:1 shortcut:2 duration_min:3 color:4 preparation:5 "
                "note_template_id:6 service_item_id:7 position:8 is_active:9",
            ),
        ),
    ),
    TableSpec(
        17,
        "appointment",
        (
            group(
                1,
                "slot",
                Policy.REVIEW_ADMIN,
                "practitioner_id:1 location_id:2 start_at:3 end_at:4 overlap_reason:5",
            ),
            group(
                2,
                "status",
                Policy.REVIEW_ADMIN,
                "status:6 cancel_reason:7 arrived_at:8 roomed_at:9 to_bill_at:10 done_at:11",
            ),
            group(3, "subject", Policy.REVIEW_ADMIN, "patient_id:12"),
            group(4, "encounter", Policy.REVIEW_ADMIN, "encounter_id:13"),
            group(
                5,
                "details",
                Policy.REVIEW_CLINICAL,
                "type_id:14 reason:15 comment:16 code:17 is_walk_in:18",
            ),
        ),
    ),
    TableSpec(
        18,
        "working_hours",
        (
            group(
                1,
                "details",
                Policy.LATEST,
                "practitioner_id:1 location_id:2 weekday:3 start_min:4 end_min:5 "
                "valid_from:6 valid_to:7",
            ),
        ),
    ),
    TableSpec(
        19,
        "closure",
        (
            group(
                1, "details", Policy.LATEST, "practitioner_id:1 start_on:2 end_on:3 kind:4 reason:5"
            ),
        ),
    ),
    TableSpec(
        20,
        "waitlist_entry",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.REVIEW_ADMIN,
                "practitioner_id:2 type_id:3 from_on:4 to_on:5 preference:6 note:7 status:8",
            ),
        ),
    ),
    TableSpec(
        21,
        "encounter",
        (
            group(1, "status", Policy.REVIEW_CLINICAL, "status:1 end_at:2 signed_at:3 signed_by:4"),
            group(2, "subject", Policy.REVIEW_CLINICAL, "patient_id:5 practitioner_id:6"),
            group(
                3,
                "details",
                Policy.REVIEW_CLINICAL,
                "location_id:7 organization_id:8 encounter_class:9 type_system:10 "
                "type_code:11 type_display:12 start_at:13 reason:14",
            ),
        ),
    ),
    TableSpec(
        22,
        "note",
        (
            group(
                1, "text", Policy.REVIEW_CLINICAL, "subjective:1 objective:2 assessment:3 plan:4"
            ),
            group(
                2,
                "signature",
                Policy.REVIEW_CLINICAL,
                "status:5 signed_at:6 content_hash:7 author_id:8",
            ),
            group(
                3,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:9 patient_id:10 kind:11 written_at:12 amends_id:13",
            ),
        ),
    ),
    TableSpec(
        23,
        "note_template",
        (
            group(
                1,
                "details",
                Policy.LATEST,
                "name:1 shortcut:2 body:3 language:4 user_id:5 is_active:6",
            ),
        ),
    ),
    TableSpec(
        24,
        "condition",
        (
            group(1, "code", Policy.REVIEW_SAFETY, "system:1 code:2 code_version:3 display:4"),
            group(
                2,
                "status",
                Policy.REVIEW_SAFETY,
                "clinical_status:5 verification_status:6 abated:7",
            ),
            group(3, "subject", Policy.REVIEW_SAFETY, "patient_id:8"),
            group(
                4,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:9 category:10 onset:11 recorded_at:12 recorder_id:13 rank:14 note:15",
            ),
        ),
    ),
    TableSpec(
        25,
        "allergy_intolerance",
        (
            group(
                1,
                "substance",
                Policy.REVIEW_SAFETY,
                "system:1 code:2 display:3 category:4 kind:5 criticality:6 severity:7 reaction:8",
            ),
            group(2, "status", Policy.REVIEW_SAFETY, "clinical_status:9 verification_status:10"),
            group(3, "subject", Policy.REVIEW_SAFETY, "patient_id:11"),
            group(
                4,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:12 onset:13 recorded_at:14 recorder_id:15 note:16",
            ),
        ),
    ),
    TableSpec(
        26,
        "immunization",
        (
            group(
                1,
                "dose",
                Policy.REVIEW_SAFETY,
                "system:1 code:2 display:3 status:4 status_reason:5 occurred_at:6 "
                "lot_number:7 expires_on:8 manufacturer:9 dose_number:10 dose_value:11 "
                "dose_unit:12 route:13 site:14",
            ),
            group(2, "subject", Policy.REVIEW_SAFETY, "patient_id:15"),
            group(
                3,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:16 primary_source:17 performer_id:18 note:19",
            ),
        ),
    ),
    TableSpec(
        27,
        "procedure",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:2 system:3 code:4 display:5 status:6 performed_at:7 "
                "performed_end_at:8 performer_id:9 reason:10 note:11",
            ),
        ),
    ),
    TableSpec(
        28,
        "observation",
        (
            group(
                1,
                "result",
                Policy.REVIEW_SAFETY,
                "system:1 code:2 display:3 value_kind:4 value:5 value_number:6 "
                "comparator:7 unit:8 unit_code:9 value_system:10 value_code:11 "
                "absent_reason:12 interpretation:13 reference_low:14 reference_high:15 "
                "reference_text:16 effective_at:17",
            ),
            group(2, "status", Policy.REVIEW_SAFETY, "status:18"),
            group(3, "subject", Policy.REVIEW_SAFETY, "patient_id:19"),
            group(
                4,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:20 parent_id:21 report_id:22 category:23 issued_at:24 "
                "performer_id:25 recorder_id:26 corrects_id:27 note:28",
            ),
        ),
    ),
    TableSpec(
        29,
        "diagnostic_report",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:2 category:3 system:4 code:5 display:6 status:7 "
                "effective_at:8 issued_at:9 conclusion:10 narrative:11",
            ),
        ),
    ),
    TableSpec(
        30,
        "prescription",
        (
            group(1, "status", Policy.REVIEW_SAFETY, "status:1"),
            group(2, "subject", Policy.REVIEW_SAFETY, "patient_id:2"),
            group(
                3,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:3 practitioner_id:4 number:5 issued_at:6 valid_until:7 "
                "language:8 allergy_check:9",
            ),
        ),
    ),
    TableSpec(
        31,
        "medication_request",
        (
            group(
                1,
                "dose",
                Policy.REVIEW_SAFETY,
                "system:1 code:2 product:3 ingredient:4 strength:5 form:6 dose_value:7 "
                "dose_unit:8 route:9 frequency:10 as_needed:11 duration_value:12 "
                "duration_unit:13 quantity_value:14 quantity_unit:15 repeats:16 "
                "instructions:17",
            ),
            group(
                2,
                "status",
                Policy.REVIEW_SAFETY,
                "status:18 stopped_on:19 stop_reason:20 is_long_term:21",
            ),
            group(3, "subject", Policy.REVIEW_SAFETY, "patient_id:22"),
            group(
                4,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:23 prescription_id:24 intent:25 reason:26 "
                "override_reason:27 authored_at:28 requester_id:29 repeats_id:30 "
                "position:31",
            ),
        ),
    ),
    TableSpec(
        32,
        "attachment",
        (group(1, "all", Policy.INSERT_ONLY, "sha256:1 size:2 mime:3 filename:4"),),
    ),
    TableSpec(
        33,
        "document_reference",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:2 attachment_id:3 system:4 code:5 display:6 title:7 "
                "status:8 dated_at:9 author:10 content:11",
            ),
        ),
    ),
    TableSpec(
        34,
        "printed_document",
        (
            group(
                1,
                "all",
                Policy.INSERT_ONLY,
                "patient_id:1 kind:2 subject_id:3 number:4 language:5 paper:6 "
                "attachment_id:7 sha256:8 printed_at:9 printed_by:10 printer:11 "
                "copies:12 reprint_of:13",
            ),
        ),
    ),
    TableSpec(
        35,
        "referral",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:2 practitioner_id:3 number:4 recipient:5 specialty:6 "
                "urgency:7 reason:8 body:9 status:10 issued_at:11",
            ),
        ),
    ),
    TableSpec(
        36,
        "sick_note",
        (
            group(1, "subject", Policy.REVIEW_ADMIN, "patient_id:1"),
            group(
                2,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:2 practitioner_id:3 number:4 start_on:5 end_on:6 reason:7 "
                "shows_diagnosis:8 restrictions:9 status:10 issued_at:11",
            ),
        ),
    ),
    TableSpec(
        37,
        "tax_rate",
        (group(1, "details", Policy.LATEST, "name:1 rate_bp:2 is_inclusive:3 is_active:4"),),
    ),
    TableSpec(
        38,
        "service_item",
        (
            group(
                1,
                "details",
                Policy.LATEST,
                "code:1 name:2 category:3 tax_rate_id:4 position:5 is_active:6",
            ),
        ),
    ),
    TableSpec(
        39,
        "price_list",
        (
            group(
                1,
                "details",
                Policy.LATEST,
                "name:1 currency:2 valid_from:3 is_default:4 is_active:5",
            ),
        ),
    ),
    TableSpec(
        40,
        "price",
        (group(1, "details", Policy.LATEST, "price_list_id:1 service_item_id:2 amount_minor:3"),),
    ),
    TableSpec(
        41,
        "invoice",
        (
            group(1, "status", Policy.LEDGER, "status:1 number:2 issued_at:3 issued_by:4"),
            group(
                2,
                "totals",
                Policy.LEDGER,
                "currency:5 discount_minor:6 discount_bp:7 discount_reason:8 "
                "net_minor:9 tax_minor:10 total_minor:11",
            ),
            group(3, "subject", Policy.REVIEW_ADMIN, "patient_id:12"),
            group(
                4,
                "details",
                Policy.REVIEW_CLINICAL,
                "encounter_id:13 practitioner_id:14 kind:15 due_on:16 seller:17 "
                "buyer:18 refers_to:19 note:20",
            ),
        ),
    ),
    TableSpec(
        42,
        "invoice_line",
        (
            group(
                1,
                "all",
                Policy.LEDGER,
                "invoice_id:1 service_item_id:2 position:3 description:4 quantity:5 "
                "unit_price_minor:6 discount_minor:7 discount_bp:8 tax_name:9 tax_bp:10 "
                "tax_inclusive:11 net_minor:12 tax_minor:13 total_minor:14",
            ),
        ),
    ),
    TableSpec(
        43,
        "payment",
        (
            group(
                1,
                "all",
                Policy.LEDGER,
                "patient_id:1 invoice_id:2 kind:3 number:4 amount_minor:5 currency:6 "
                "method:7 tendered_minor:8 change_minor:9 reference:10 taken_at:11 "
                "taken_by:12 refers_to:13 reason:14",
            ),
        ),
    ),
    TableSpec(
        44,
        "import_batch",
        (
            group(
                1, "all", Policy.INSERT_ONLY, "started_at:1 started_by:2 format:3 files:4 counts:5"
            ),
        ),
    ),
    TableSpec(
        45,
        "source_resource",
        (
            group(
                1,
                "all",
                Policy.INSERT_ONLY,
                "batch_id:1 patient_id:2 resource_type:3 source_key:4 content_hash:5 "
                "source_id:6 row_table:7 row_id:8 content:9",
            ),
        ),
    ),
    TableSpec(
        46,
        "audit_event",
        (
            group(
                1,
                "all",
                Policy.INSERT_ONLY,
                "kind:1 happened_at:2 user_id:3 patient_id:4 object_id:5 detail:6",
            ),
        ),
    ),
)

BY_NAME = {table.name: table for table in TABLES}
BY_NUMBER = {table.number: table for table in TABLES}
