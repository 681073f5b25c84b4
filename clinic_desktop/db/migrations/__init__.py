"""Bringing a file of any earlier version to this one, each step whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinic_desktop.errors import ReadOnlyError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from sqlalchemy import Engine

HEAD = 17
"""``PRAGMA user_version`` of a file this program writes; equals the number of the last revision."""


def version_of(connection: Any) -> int:
    """The schema version of a file, by the driver's connection."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_newer(connection: Any) -> bool:
    """Whether a program that knows more than this one wrote the file, by the driver's connection.

    Asked of both numbers: a file whose version and revision disagree was not left so by us.
    """
    found = version_of(connection)
    if found == 0:
        return False
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    known = row is None or (str(row[0]).isdigit() and int(row[0]) <= HEAD)
    return found > HEAD or not known


def newer() -> ReadOnlyError:
    """What is said of a file made by a newer program."""
    return ReadOnlyError(
        _("This record was last used by a newer version of the program: it can be looked at, not "
          "changed."),
        kept=_("Nothing was changed."),
        hint=_("Install the newer version on this PC."),
    )  # fmt: skip


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
