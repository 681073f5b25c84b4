"""Charts that are only stored, because the person asked for that."""

from alembic import op

revision = "0010"
down_revision = "0009"

_TABLES = (
    """CREATE TABLE processing_restriction (
  patient_id BLOB NOT NULL,
  reason VARCHAR NOT NULL,
  words VARCHAR DEFAULT '' NOT NULL,
  started_at INTEGER NOT NULL,
  started_by BLOB,
  ended_at INTEGER,
  ended_by BLOB,
  end_words VARCHAR DEFAULT '' NOT NULL,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_processing_restriction PRIMARY KEY (id),
  CONSTRAINT fk_processing_restriction_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_processing_restriction_started_by FOREIGN KEY(started_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_processing_restriction_ended_by FOREIGN KEY(ended_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)""",  # noqa: E501 - the words of the file, compared with the models
    "CREATE INDEX ix_processing_restriction_patient_id ON processing_restriction (patient_id)",
)


def upgrade() -> None:
    """One table."""
    for statement in _TABLES:
        op.get_bind().exec_driver_sql(statement)
