"""Who is in the practice is found at once, however long ago the appointment began."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """One index."""
    op.get_bind().exec_driver_sql(
        "CREATE INDEX ix_appointment_present ON appointment (start_at)"
        " WHERE status IN ('arrived', 'in-room', 'to-bill')"
    )
