"""What was said in the first run so far; kept on this PC without any secret."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from clinic_desktop import this_pc
from clinic_desktop.config import DataDir
from clinic_desktop.errors import StorageError
from clinic_desktop.i18n import LANGUAGES, Language, _
from clinic_desktop.ui.setup.practice_fields import FIELDS
from clinic_desktop.ui.setup.region import Region, system_guess

_KEY = "first_run"


class StepKey(StrEnum):
    """The steps in their order."""

    REGION = "region"
    PRACTICE = "practice"
    OWNER = "owner"
    RECOVERY = "recovery"
    PRICES = "prices"
    PRINTERS = "printers"
    BACKUP = "backup"


BEFORE = (StepKey.REGION, StepKey.PRACTICE, StepKey.OWNER)
"""Before there is a record; later steps are remembered in the record itself."""


@dataclass
class Answers:
    """What is known before the record is made. A password is never part of it."""

    language: str = "en"
    region: Region = field(default_factory=Region)
    practice: dict[str, str] = field(default_factory=dict)
    logo_path: str = ""
    login: str = ""
    name: str = ""
    step: StepKey = StepKey.REGION

    def speech(self) -> Language:
        """The language to speak meanwhile."""
        return Language(self.language, self.region.country, self.region.time_zone)


def kept_answers(data_dir: DataDir) -> Answers:
    """Where the first run was left, or the system's language and region."""
    language, region = system_guess()
    answers = Answers(language, region)
    try:
        found = json.loads(str(this_pc.remembered(data_dir).get(_KEY, "")))
        _fill(answers, found)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Answers(language, region)
    return answers


def _fill(answers: Answers, found: dict[str, Any]) -> None:
    if found["language"] in LANGUAGES:
        answers.language = found["language"]
    answers.region = Region(**{name: str(value) for name, value in found["region"].items()})
    texts = found["practice"]
    answers.practice = {name: str(texts[name]) for name in FIELDS if name in texts}
    answers.logo_path, answers.login = str(found["logo_path"]), str(found["login"])
    answers.name = str(found["name"])
    step = StepKey(found["step"])
    answers.step = step if step in BEFORE else StepKey.OWNER


def keep_answers(data_dir: DataDir, answers: Answers) -> None:
    """Remember them on this PC.

    Raises:
        StorageError: the data folder cannot be written.
    """
    try:
        data_dir.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            _("The data folder cannot be made."), hint=_("Choose a folder that belongs to you.")
        ) from error
    this_pc.remember(data_dir, language=answers.language, **{_KEY: json.dumps(asdict(answers))})


def forget_answers(data_dir: DataDir) -> None:
    """They are in the record now."""
    this_pc.remember(data_dir, **{_KEY: ""})
