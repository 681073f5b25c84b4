"""Making a sample clinic: a real record in a folder of its own, with people who do not exist."""

from __future__ import annotations

from clinic_desktop import clinic
from clinic_desktop.clock import Clock
from clinic_desktop.config import DataDir
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.services.people import NewPerson
from clinic_desktop.services.sample.filling import fill_sample
from clinic_desktop.services.sample.script import SAMPLE_PASSWORD, script


def create_sample(
    data_dir: DataDir,
    language: str = "en",
    clock: Clock | None = None,
    cost: KdfCost | None = None,
) -> clinic.Clinic:
    """Make the sample clinic of a language and sign its doctor in.

    Everybody signs in with ``SAMPLE_PASSWORD``. A failure leaves no half-made clinic behind.

    Raises:
        SetupError: there already is a clinic in the folder.
        StorageError: the folder cannot be used.
    """
    plan = script(language)
    owner = plan.staff[0]
    new = clinic.NewClinic(
        practice=plan.practice["name"],
        owner_login=owner.login,
        owner_name=owner.name,
        password=SAMPLE_PASSWORD,
        language=plan.language,
        country=plan.practice["region"],
        currency=plan.practice["currency"],
        time_zone=plan.practice["time_zone"],
        is_sample=True,
    )
    made = clinic.create(data_dir, new, clock, cost)
    try:
        for each in plan.staff[1:]:
            person = NewPerson(each.login, each.name, each.roles, each.specialty)
            made.add_person(person, SAMPLE_PASSWORD)
        fill_sample(made.store, plan)
    except BaseException:
        made.close()
        for path in data_dir.root.glob(f"{data_dir.database.name}*"):
            path.unlink()
        data_dir.vault.unlink(missing_ok=True)
        data_dir.device_secret.unlink(missing_ok=True)
        raise
    return made


def sample_dir(data_dir: DataDir, language: str) -> DataDir:
    """Where the sample clinic of a language lives: beside the real clinic, never in it."""
    root = data_dir.root
    return DataDir(root.parent / f"{root.name} sample {script(language).language}")


def open_sample(
    data_dir: DataDir,
    language: str = "en",
    clock: Clock | None = None,
    cost: KdfCost | None = None,
) -> clinic.Clinic:
    """The sample clinic of a folder with its doctor signed in; made if it is not there yet.

    Raises:
        ClinicError: as ``create_sample`` and ``clinic.open_clinic``.
    """
    if not clinic.exists(data_dir):
        return create_sample(data_dir, language, clock, cost)
    return clinic.open_clinic(data_dir, script(language).staff[0].login, SAMPLE_PASSWORD, clock)
