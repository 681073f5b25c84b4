"""The index of family names alone goes: the one of family and given names answers the same."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """One index less for each new patient to be written to."""
    op.get_bind().exec_driver_sql("DROP INDEX IF EXISTS ix_patient_family")
