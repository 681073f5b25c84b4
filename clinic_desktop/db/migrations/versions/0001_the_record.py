"""The first record: all tables of the clinic day, the commit log and the search index."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything; the statements lie beside this file and are never edited afterwards."""
    script = Path(__file__).with_suffix(".sql").read_text("utf-8")
    for statement in script.split("\n--\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.strip())
