"""Signed checkpoints of the commit log, and the key of this PC that signs them.

The key itself is made at opening: a migration has no randomness of its own.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_STATEMENTS = (
    "ALTER TABLE sync_device ADD COLUMN sign_pk BLOB",
    """CREATE TABLE device_key (
  dev INTEGER NOT NULL,
  seed BLOB NOT NULL,
  CONSTRAINT pk_device_key PRIMARY KEY (dev)
)""",
    """CREATE TABLE sync_checkpoint (
  dev INTEGER NOT NULL,
  number INTEGER NOT NULL,
  dseq INTEGER NOT NULL,
  hlc INTEGER NOT NULL,
  wall INTEGER NOT NULL,
  chain BLOB NOT NULL,
  signature BLOB NOT NULL,
  CONSTRAINT pk_sync_checkpoint PRIMARY KEY (dev, number)
)
 WITHOUT ROWID""",
)


def upgrade() -> None:
    """Add the two tables and the public key of each PC."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
