"""Who belongs to the practice, as a signed chain."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One table; its first entry is written when an owner next opens the record."""
    script = Path(__file__).with_suffix(".sql").read_text("utf-8")
    for statement in script.split("\n--\n"):
        op.get_bind().exec_driver_sql(statement.strip())
