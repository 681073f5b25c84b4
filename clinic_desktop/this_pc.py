"""What is known before anybody has signed in: whether there is a clinic, and this PC's choices.

Loads neither the database nor the tables, so that the lock screen need not wait for them.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime
from typing import Any

from clinic_desktop import i18n
from clinic_desktop.config import DataDir
from clinic_desktop.errors import StorageError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import Language, _

ALONE_LOCK_MINUTES, SHARED_LOCK_MINUTES = 5, 2
"""Where nobody chose: in a room of one person, and where several people sign in."""
_one_at_a_time = threading.Lock()
"""A backup and a choice in the settings may end in the same moment."""


def exists(data_dir: DataDir) -> bool:
    """Whether a clinic lives in this folder."""
    places = (data_dir.vault, data_dir.database, data_dir.arrived, data_dir.moving_in)
    return any(path.exists() for path in places)


def remembered(data_dir: DataDir) -> dict[str, Any]:
    """Choices of this PC that are needed before unlock: language, theme. Never patient data."""
    try:
        found = json.loads(data_dir.local_settings.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(data_dir: DataDir, **choices: str | int | bool) -> None:
    """Keep such choices; failing to is not worth stopping for."""
    try:
        with _one_at_a_time:
            content = json.dumps(remembered(data_dir) | choices, indent=1)
            replace_file(data_dir.local_settings, content.encode())
    except OSError as error:
        raise StorageError(_("The settings of this PC cannot be written.")) from error


def lock_minutes(data_dir: DataDir, people: int, most: int) -> int:
    """Minutes without a touch after which the window locks by itself; at most ``most``.

    ``people`` is how many can sign in at this PC.
    """
    kept = remembered(data_dir).get("lock_minutes")
    usual = SHARED_LOCK_MINUTES if people > 1 else ALONE_LOCK_MINUTES
    known = isinstance(kept, int) and not isinstance(kept, bool) and kept >= 0
    chosen = kept if known and isinstance(kept, int) else usual
    return min(chosen or most, most)  # "never" could be chosen once


def last_backup(data_dir: DataDir) -> datetime | None:
    """When this PC last made a copy of the record that was read back whole."""
    try:
        return datetime.fromisoformat(str(remembered(data_dir).get("backup_at", "")))
    except ValueError:
        return None


def speak(data_dir: DataDir) -> None:
    """Speak the language this PC was last used in, before anyone has signed in."""
    i18n.use(Language(str(remembered(data_dir).get("language", "en"))))
