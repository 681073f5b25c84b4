"""Texts that people agree to, by version; and who agreed, on which paper, to share what."""

from alembic import op

revision = "0005"
down_revision = "0004"

_COLUMNS = (
    "text_id BLOB",
    "by_role VARCHAR DEFAULT '' NOT NULL",
    "document_id BLOB",
    "related_person_id BLOB",
    "scope TEXT",
    "valid_until VARCHAR(10)",
    "note VARCHAR DEFAULT '' NOT NULL",
)
_TEXTS = """CREATE TABLE consent_text (
  kind VARCHAR NOT NULL,
  version VARCHAR NOT NULL,
  language VARCHAR DEFAULT '' NOT NULL,
  title VARCHAR NOT NULL,
  body VARCHAR NOT NULL,
  issued_at INTEGER NOT NULL,
  issued_by BLOB,
  id BLOB NOT NULL,
  sv INTEGER DEFAULT '0' NOT NULL,
  is_deleted BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT pk_consent_text PRIMARY KEY (id),
  CONSTRAINT fk_consent_text_issued_by FOREIGN KEY(issued_by) REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED
)"""  # noqa: E501 - the words of the file, compared with the models


def upgrade() -> None:
    """One table, and columns that rows of before leave empty."""
    run = op.get_bind().exec_driver_sql
    for column in _COLUMNS:
        run(f"ALTER TABLE consent ADD COLUMN {column}")
    run(_TEXTS)
    run("CREATE INDEX ix_consent_text_kind ON consent_text (kind)")
