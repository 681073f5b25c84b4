"""How far the bytes of attachments have come on their way to and from other PCs."""

from alembic import op

revision = "0014"
down_revision = "0013"

_STATEMENTS = (
    """CREATE TABLE sync_file (
  sha256 VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  done INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  CONSTRAINT pk_sync_file PRIMARY KEY (sha256)
)
 WITHOUT ROWID""",
    """CREATE TABLE sync_piece (
  sha256 VARCHAR NOT NULL,
  part INTEGER NOT NULL,
  content BLOB NOT NULL,
  CONSTRAINT pk_sync_piece PRIMARY KEY (sha256, part)
)""",
)


def upgrade() -> None:
    """Two tables of this PC alone."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
