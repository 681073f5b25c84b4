"""Alembic's entry: real transactions around DDL, which its SQLite default does not give.

With Alembic's own setting a program killed in mid-migration leaves half a schema behind. Here the
engine begins with BEGIN IMMEDIATE, and each revision is one transaction that also moves
``user_version`` and the triggers. A new file gets all revisions in one transaction and its triggers
once: there is nothing to record in between, and each step by itself took most of the time of making
a record.
"""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from clinic_desktop.db import triggers
from clinic_desktop.db.migrations import HEAD

engine = context.config.attributes["engine"]
on_step = context.config.attributes.get("on_step")


def _after_step(ctx: MigrationContext, step: MigrationInfo, **_rest: Any) -> None:
    revision = ctx.get_current_revision() or "0"
    connection = ctx.connection
    assert connection is not None  # noqa: S101 - offline mode is not used
    cursor = connection.connection.dbapi_connection
    assert cursor is not None  # noqa: S101
    version = int(str(step.up_revision_id))
    if version == HEAD or not is_new:
        triggers.install(cursor)
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    if on_step is not None:
        on_step(revision)


with engine.connect() as connection:
    is_new = connection.exec_driver_sql("PRAGMA user_version").scalar() == 0
    connection.rollback()  # of a transaction that is open already Alembic would leave the end to us
    context.configure(
        connection=connection,
        transactional_ddl=True,
        transaction_per_migration=not is_new,
        on_version_apply=_after_step,  # type: ignore[arg-type]  # called by keyword
    )
    with context.begin_transaction():
        context.run_migrations()
