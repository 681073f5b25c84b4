"""Bringing a file of any earlier version to this one, each step whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from clinic_desktop.errors import NewerDatabaseError
from clinic_desktop.i18n import _

HEAD = 7
"""``PRAGMA user_version`` of a file this program writes; equals the number of the last revision."""


def version_of(connection: Any) -> int:
    """The schema version of a file, by the driver's connection."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_version(found: int) -> None:
    """Refuse to write a file made by a newer program.

    Raises:
        NewerDatabaseError: the file is newer than this program.
    """
    if found > HEAD:
        raise NewerDatabaseError(
            _("This record was last used by a newer version of the program."),
            kept=_("Nothing was changed."),
            hint=_("Install the newer version on this PC."),
        )


def migrate(engine: Engine, on_step: Callable[[str], None] | None = None) -> None:
    """Run the missing revisions, one transaction each."""
    # Imported here: a start that has nothing to migrate does not pay for Alembic.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["engine"] = engine
    config.attributes["on_step"] = on_step
    command.upgrade(config, "head")
