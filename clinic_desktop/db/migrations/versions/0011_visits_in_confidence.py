"""The words of a single visit can be kept in confidence."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Rows of before are of whole charts: theirs stays empty."""
    op.get_bind().exec_driver_sql("ALTER TABLE chart_confidentiality ADD COLUMN encounter_id BLOB")
