"""A snapshot that this PC leaves with the server, and sealed pages on the way."""

from alembic import op

revision = "0016"
down_revision = "0015"

_STATEMENTS = (
    """CREATE TABLE sync_snapshot (
  id BLOB NOT NULL,
  manifest BLOB NOT NULL,
  CONSTRAINT pk_sync_snapshot PRIMARY KEY (id)
)
 WITHOUT ROWID""",
    """CREATE TABLE sync_page (
  name BLOB NOT NULL,
  content BLOB NOT NULL,
  CONSTRAINT pk_sync_page PRIMARY KEY (name)
)""",
)


def upgrade() -> None:
    """Two tables of this PC alone."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
