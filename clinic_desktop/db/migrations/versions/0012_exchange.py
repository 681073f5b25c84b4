"""What a PC keeps to exchange its log with others, and whose commits an erasure touched."""

from alembic import op

revision = "0012"
down_revision = "0011"

_STATEMENTS = (
    "ALTER TABLE sync_device ADD COLUMN box_pk BLOB",
    "ALTER TABLE sync_device ADD COLUMN tip INTEGER DEFAULT '0' NOT NULL",
    "ALTER TABLE sync_device ADD COLUMN told INTEGER DEFAULT '0' NOT NULL",
    "ALTER TABLE sync_device ADD COLUMN cutoff INTEGER",
    "ALTER TABLE sync_device ADD COLUMN seg_tip INTEGER DEFAULT '0' NOT NULL",
    "ALTER TABLE sync_device ADD COLUMN seg_hash BLOB",
    "ALTER TABLE sync_device ADD COLUMN incarnation INTEGER DEFAULT '1' NOT NULL",
    "ALTER TABLE device_key ADD COLUMN box BLOB",
    "ALTER TABLE log_redaction ADD COLUMN device_id BLOB",
    """CREATE TABLE sync_conflict (
  id BLOB NOT NULL,
  kind VARCHAR NOT NULL,
  severity INTEGER NOT NULL,
  patient BLOB,
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  grp INTEGER NOT NULL,
  vers BLOB NOT NULL,
  opened_hlc INTEGER NOT NULL,
  state VARCHAR DEFAULT 'open' NOT NULL,
  CONSTRAINT pk_sync_conflict PRIMARY KEY (id)
)
 WITHOUT ROWID""",
    "CREATE INDEX ix_sync_conflict_patient ON sync_conflict (patient)",
    "CREATE INDEX ix_sync_conflict_row ON sync_conflict (tbl, pk, grp)",
    """CREATE TABLE sync_dep (
  dev INTEGER NOT NULL,
  other INTEGER NOT NULL,
  dseq INTEGER NOT NULL,
  upto INTEGER NOT NULL,
  CONSTRAINT pk_sync_dep PRIMARY KEY (dev, other, dseq)
)
 WITHOUT ROWID""",
    """CREATE TABLE sync_hold (
  dev INTEGER NOT NULL,
  dseq INTEGER NOT NULL,
  why VARCHAR NOT NULL,
  detail VARCHAR DEFAULT '' NOT NULL,
  body BLOB NOT NULL,
  since INTEGER NOT NULL,
  CONSTRAINT pk_sync_hold PRIMARY KEY (dev, dseq)
)
 WITHOUT ROWID""",
    """CREATE TABLE sync_key (
  epoch INTEGER NOT NULL,
  dek BLOB NOT NULL,
  created INTEGER NOT NULL,
  retired INTEGER,
  CONSTRAINT pk_sync_key PRIMARY KEY (epoch)
)""",
    """CREATE TABLE sync_peer (
  url VARCHAR NOT NULL,
  counter INTEGER DEFAULT '0' NOT NULL,
  member_n INTEGER DEFAULT '0' NOT NULL,
  last_try INTEGER,
  last_ok INTEGER,
  last_error VARCHAR DEFAULT '' NOT NULL,
  state BLOB,
  CONSTRAINT pk_sync_peer PRIMARY KEY (url)
)""",
    """CREATE TABLE sync_run (
  id INTEGER NOT NULL,
  started INTEGER NOT NULL,
  ended INTEGER,
  peer VARCHAR NOT NULL,
  sent INTEGER DEFAULT '0' NOT NULL,
  received INTEGER DEFAULT '0' NOT NULL,
  outcome VARCHAR DEFAULT '' NOT NULL,
  error VARCHAR DEFAULT '' NOT NULL,
  CONSTRAINT pk_sync_run PRIMARY KEY (id)
)""",
    """CREATE TABLE sync_segment (
  dev INTEGER NOT NULL,
  seg_no INTEGER NOT NULL,
  from_dseq INTEGER NOT NULL,
  to_dseq INTEGER NOT NULL,
  part INTEGER DEFAULT '1' NOT NULL,
  parts INTEGER DEFAULT '1' NOT NULL,
  epoch INTEGER NOT NULL,
  hash BLOB NOT NULL,
  content BLOB NOT NULL,
  state VARCHAR NOT NULL,
  CONSTRAINT pk_sync_segment PRIMARY KEY (dev, seg_no)
)
 WITHOUT ROWID""",
    "CREATE INDEX ix_sync_segment_state ON sync_segment (state)",
    """CREATE TABLE sync_statement (
  n INTEGER NOT NULL,
  body BLOB NOT NULL,
  signature BLOB NOT NULL,
  hash BLOB NOT NULL,
  CONSTRAINT pk_sync_statement PRIMARY KEY (n)
)""",
    """CREATE TABLE sync_unknown (
  tbl INTEGER NOT NULL,
  pk BLOB NOT NULL,
  grp INTEGER NOT NULL,
  cid INTEGER NOT NULL,
  op BLOB NOT NULL,
  CONSTRAINT pk_sync_unknown PRIMARY KEY (tbl, pk, grp, cid)
)
 WITHOUT ROWID""",
)


def upgrade() -> None:
    """Tables of this PC only; nothing is exchanged before a second PC joins."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
