"""The triggers that capture every write of a synced table, generated from the registry.

They fire for the ORM, bulk statements, raw SQL and imports alike, in the same transaction.
Alembic's batch mode drops a table's triggers without a word, so they are made anew after every
migration and compared with the file at every start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from clinic_desktop.models.registry import TABLES, GroupSpec, TableSpec

PREFIX = "capture_"
_TABLE = re.compile(r"\bON (\w+)")
_LOCAL = "(SELECT applying FROM sync_ctx) = 0"

GUARDS: dict[str, str] = {
    "guard_note_signed": f"""
CREATE TRIGGER guard_note_signed BEFORE UPDATE OF
 encounter_id, kind, subjective, objective, assessment, plan, status, author_id, written_at,
 signed_at, content_hash, amends_id, is_deleted ON note
WHEN OLD.status = 'signed' AND {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: a signed note is never changed');
END""",
    "guard_invoice_issued": f"""
CREATE TRIGGER guard_invoice_issued BEFORE UPDATE OF
 encounter_id, practitioner_id, kind, status, number, currency, discount_minor, discount_bp,
 discount_reason, net_minor, tax_minor, total_minor, issued_at, issued_by, due_on, seller, buyer,
 refers_to, note, is_deleted ON invoice
WHEN OLD.status = 'issued' AND {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: an issued document is never changed');
END""",
    "guard_invoice_line_insert": f"""
CREATE TRIGGER guard_invoice_line_insert BEFORE INSERT ON invoice_line
WHEN (SELECT status FROM invoice WHERE id = NEW.invoice_id) = 'issued' AND {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: an issued document is never changed');
END""",
    "guard_invoice_line_update": f"""
CREATE TRIGGER guard_invoice_line_update BEFORE UPDATE ON invoice_line
WHEN (SELECT status FROM invoice WHERE id = OLD.invoice_id) = 'issued'
 AND NEW.sv IS OLD.sv AND {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: an issued document is never changed');
END""",
    "guard_payment": f"""
CREATE TRIGGER guard_payment BEFORE UPDATE OF
 invoice_id, kind, number, amount_minor, currency, method, tendered_minor, change_minor,
 reference, taken_at, taken_by, refers_to, reason, is_deleted ON payment
WHEN {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: a payment is never changed, only refunded');
END""",
    "guard_task_request": f"""
CREATE TRIGGER guard_task_request BEFORE UPDATE OF
 code, focus_id, input, requester_id, authored_at, reason, is_deleted ON task
WHEN {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: what was asked for is never changed');
END""",
    "guard_task_decision": f"""
CREATE TRIGGER guard_task_decision BEFORE UPDATE OF
 status, owner_id, decided_at, status_reason, output_id, is_self_approved ON task
WHEN OLD.status <> 'requested' AND {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: what was decided is never changed');
END""",
    "guard_task_other": f"""
CREATE TRIGGER guard_task_other BEFORE UPDATE OF status ON task
WHEN NEW.status = 'completed' AND NEW.owner_id IS NEW.requester_id AND NOT NEW.is_self_approved
 AND {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: nobody approves what he asked for');
END""",
} | {
    f"guard_{table}_{verb.lower()}": f"""
CREATE TRIGGER guard_{table}_{verb.lower()} BEFORE {verb} ON {table} BEGIN
 SELECT RAISE(ABORT, 'rule: the log is only added to');
END"""
    for table in ("sync_commit", "sync_checkpoint")
    for verb in ("UPDATE", "DELETE")
}
"""What the program must not do even by mistake: second line of defence behind the services.

Of what other PCs wrote, ``db.lawful`` asks the same by what its author had seen: a trigger would
answer by the order in which commits came, and so not the same on every PC.
"""

SEALS: dict[str, str] = {
    "capture_note_seal": f"""
CREATE TRIGGER capture_note_seal AFTER UPDATE OF status ON note
WHEN NEW.status = 'signed' AND OLD.status <> 'signed' AND {_LOCAL} BEGIN
 INSERT INTO sync_journal (tbl, pk, op, grp) VALUES (22, NEW.id, 1, 1), (22, NEW.id, 1, 3);
END""",
    "capture_invoice_seal": f"""
CREATE TRIGGER capture_invoice_seal AFTER UPDATE OF status ON invoice
WHEN NEW.status = 'issued' AND OLD.status <> 'issued' AND {_LOCAL} BEGIN
 INSERT INTO sync_journal (tbl, pk, op, grp) VALUES (41, NEW.id, 1, 2), (41, NEW.id, 1, 4);
 INSERT INTO sync_journal (tbl, pk, op, grp)
 SELECT 42, id, 1, 1 FROM invoice_line WHERE invoice_id = NEW.id;
END""",
}
"""Whoever signs or issues says with it what stands there, also what he did not change just now.

So what another PC wrote there meanwhile is a second version, and not what was signed.
"""


def trigger_sql() -> dict[str, str]:
    """Every trigger the file must have, by name."""
    statements = {name: sql.strip() for name, sql in (GUARDS | SEALS).items()}
    for table in TABLES:
        statements |= dict(_capture(table))
    return statements


def _capture(table: TableSpec) -> Iterator[tuple[str, str]]:
    name = f"{PREFIX}{table.name}"
    insert = f"""CREATE TRIGGER {name}_insert AFTER INSERT ON {table.name} WHEN {_LOCAL} BEGIN
 INSERT INTO sync_journal (tbl, pk, op, grp) VALUES ({table.number}, NEW.id, 0, 0);
END"""
    identity = f"""CREATE TRIGGER {name}_identity BEFORE UPDATE OF id ON {table.name} BEGIN
 SELECT RAISE(ABORT, 'rule: the id of a row never changes');
END"""
    delete = f"""CREATE TRIGGER {name}_delete BEFORE DELETE ON {table.name} WHEN {_LOCAL} BEGIN
 SELECT RAISE(ABORT, 'rule: rows are hidden, never removed');
END"""
    yield f"{name}_insert", insert
    yield f"{name}_identity", identity
    yield f"{name}_delete", delete
    for group in table.groups:
        if table.insert_only:
            yield f"{name}_fixed_{group.number}", _refuse_update(table, group)
        else:
            yield f"{name}_update_{group.number}", _capture_update(table, group)


def _capture_update(table: TableSpec, group: GroupSpec) -> str:
    columns = ", ".join(group.names)
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in group.names)
    return (
        f"CREATE TRIGGER {PREFIX}{table.name}_update_{group.number}"
        f" AFTER UPDATE OF {columns} ON {table.name} WHEN {_LOCAL} AND ({changed}) BEGIN\n"
        f" INSERT INTO sync_journal (tbl, pk, op, grp)"
        f" VALUES ({table.number}, NEW.id, 1, {group.number});\nEND"
    )


def _refuse_update(table: TableSpec, group: GroupSpec) -> str:
    columns = ", ".join(group.names)
    return (
        f"CREATE TRIGGER {PREFIX}{table.name}_fixed_{group.number}"
        f" BEFORE UPDATE OF {columns} ON {table.name} BEGIN\n"
        f" SELECT RAISE(ABORT, 'rule: rows of {table.name} are never changed');\nEND"
    )


def install(cursor: Any) -> None:
    """Drop all our triggers and make them anew; part of every migration's transaction."""
    for name in present(cursor):
        cursor.execute(f'DROP TRIGGER "{name}"')
    tables = {
        row[0] for row in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for sql in trigger_sql().values():
        # A table that only a later revision makes gets its triggers then.
        if _TABLE.search(sql)[1] in tables:  # type: ignore[index]  # each names its table
            cursor.execute(sql)


def present(cursor: Any) -> dict[str, str]:
    """The capture and guard triggers that the file has."""
    rows = cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return {name: sql for name, sql in rows if name.startswith((PREFIX, "guard_"))}


def missing(cursor: Any) -> list[str]:
    """Names of triggers that are absent, altered or not ours; empty in a sound file."""
    found, wanted = present(cursor), trigger_sql()
    return sorted(
        name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)
    )
