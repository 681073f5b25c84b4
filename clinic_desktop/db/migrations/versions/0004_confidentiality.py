"""Charts kept in confidence, their care teams, and emergency access."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Three empty tables: no chart is kept in confidence before somebody says so."""
    script = Path(__file__).with_suffix(".sql").read_text("utf-8")
    for statement in script.split("\n--\n"):
        op.get_bind().exec_driver_sql(statement.strip())
