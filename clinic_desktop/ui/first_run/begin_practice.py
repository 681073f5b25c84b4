"""From the answers to an open record; runs off the window's thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic, NewClinic
from clinic_desktop.clock import Clock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import ClinicError
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.services import practice, setup
from clinic_desktop.ui.first_run.state import Answers, StepKey


def begin_practice(
    data_dir: DataDir,
    answers: Answers,
    password: str,
    usual_name: str,
    clock: Clock,
    cost: KdfCost | None = None,
) -> Clinic:
    """Make the practice with all that was said about it.

    Raises:
        ClinicError: see ``clinic.create``; nothing half-made stays open.
    """
    texts: dict[str, Any] = dict(answers.practice)
    new = NewClinic(
        practice=texts.get("name") or usual_name,
        owner_login=answers.login,
        owner_name=answers.name,
        password=password,
        language=answers.language,
        country=answers.region.country,
        currency=answers.region.currency,
        time_zone=answers.region.time_zone,
    )
    made = clinic.create(data_dir, new, clock, cost)
    try:
        _enter(made, {**texts, "name": new.practice}, answers.logo_path)
    except BaseException:
        made.close()
        raise
    return made


def _enter(made: Clinic, texts: dict[str, Any], logo_path: str) -> None:
    store, actor = made.store, made.actor
    known = store.read(actor, practice.details).result()
    store.write(actor, practice.change_details, replace(known, **texts)).result()
    store.write(actor, setup.reach_step, StepKey.RECOVERY.value).result()
    if logo_path:
        try:
            png = practice.logo_file(Path(logo_path))
        except ClinicError:
            return  # the file is gone since it was chosen; the settings take another one
        store.write(actor, practice.change_logo, png).result()
