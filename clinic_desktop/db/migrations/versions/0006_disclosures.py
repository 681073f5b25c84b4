"""What of a record was given to whom."""

from alembic import op

revision = "0006"
down_revision = "0005"

_TABLE = """CREATE TABLE disclosure (
  patient_id BLOB NOT NULL,
  disclosed_at INTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  recipient VARCHAR NOT NULL,
  recipient_kind VARCHAR DEFAULT '' NOT NULL,
  purpose VARCHAR NOT NULL,
  content VARCHAR DEFAULT '' NOT NULL,
  recorded_by BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_disclosure PRIMARY KEY (id),
  CONSTRAINT fk_disclosure_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_disclosure_recorded_by FOREIGN KEY(recorded_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)"""  # noqa: E501 - the words of the file, compared with the models


def upgrade() -> None:
    """One table."""
    run = op.get_bind().exec_driver_sql
    run(_TABLE)
    run("CREATE INDEX ix_disclosure_patient_id ON disclosure (patient_id)")
