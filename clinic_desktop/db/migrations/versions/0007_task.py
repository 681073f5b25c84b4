"""What one person asks for and another decides."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """One empty table."""
    script = Path(__file__).with_suffix(".sql").read_text("utf-8")
    for statement in script.split("\n--\n"):
        op.get_bind().exec_driver_sql(statement.strip())
