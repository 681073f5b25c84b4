"""Answers to questions between PCs are found by what they are about; some are about two rows."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Few events are of this kind, so the index stays small."""
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE sync_conflict ADD COLUMN other BLOB")
    connection.exec_driver_sql(
        "CREATE INDEX ix_audit_event_conflict ON audit_event (object_id)"
        " WHERE kind IN ('conflict.answer', 'conflict.reopen')"
    )
