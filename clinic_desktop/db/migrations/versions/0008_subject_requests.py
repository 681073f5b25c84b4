"""What patients ask for about their data, and commits whose words an erasure took out."""

from alembic import op

revision = "0008"
down_revision = "0007"

_TABLES = (
    """CREATE TABLE subject_request (
  patient_id BLOB NOT NULL,
  kind VARCHAR NOT NULL,
  received_on VARCHAR(10) NOT NULL,
  due_on VARCHAR(10) NOT NULL,
  asked_by VARCHAR DEFAULT '' NOT NULL,
  note VARCHAR DEFAULT '' NOT NULL,
  status VARCHAR NOT NULL,
  outcome VARCHAR DEFAULT '' NOT NULL,
  closed_on VARCHAR(10),
  closed_by BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_subject_request PRIMARY KEY (id),
  CONSTRAINT fk_subject_request_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_subject_request_closed_by FOREIGN KEY(closed_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)""",  # noqa: E501 - the words of the file, compared with the models
    "CREATE INDEX ix_subject_request_patient_id ON subject_request (patient_id)",
    """CREATE TABLE log_redaction (
  dev INTEGER NOT NULL,
  dseq INTEGER NOT NULL,
  original BLOB NOT NULL,
  redacted BLOB NOT NULL,
  redacted_at INTEGER NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_log_redaction PRIMARY KEY (id)
)""",
)


def upgrade() -> None:
    """Two tables."""
    for statement in _TABLES:
        op.get_bind().exec_driver_sql(statement)
