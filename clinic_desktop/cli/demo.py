"""The sample clinic: ``demo``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from clinic_desktop import clinic, i18n
from clinic_desktop.cli.window import open_window
from clinic_desktop.errors import SetupError
from clinic_desktop.i18n import Language, _
from clinic_desktop.security.vault_file import load

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``demo``."""
    demo = commands.add_parser("demo", parents=[common], help="open the sample clinic")
    demo.add_argument(
        "--language", dest="sample_language", choices=i18n.LANGUAGES, default="", help="en, ru, ar"
    )
    demo.add_argument("--no-window", action="store_true", help="only make it")
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace, data_dir: DataDir, output: Output) -> int:
    from clinic_desktop.sample_clinic import create_sample, sample_dir
    from clinic_desktop.services.sample.script import SAMPLE_PASSWORD, script

    language = options.sample_language or options.speak or i18n.current().language
    if options.data_dir is None:  # beside the real clinic, never in it
        data_dir = sample_dir(data_dir, language)
    i18n.use(Language(script(language).language))
    if not clinic.exists(data_dir):
        output.progress(_("Making the sample clinic …"))
        create_sample(data_dir, language).close()
    users = [{"login": each.login, "name": each.name} for each in script(language).staff]
    if not {each["login"] for each in users} <= {each.login for each in load(data_dir.vault).slots}:
        raise SetupError(
            _("There already is a clinic in this folder, and it is not the sample clinic."),
            kept=_("Nothing was changed."),
            hint=_("Name a folder that does not exist yet."),
            place=str(data_dir.root),
        )
    output.result(
        {"data_dir": str(data_dir.root), "users": users, "password": SAMPLE_PASSWORD},
        _("The sample clinic is in {folder}.").format(folder=data_dir.root),
        _("Sign in as {logins} with the password “{password}”.").format(
            logins=", ".join(each["login"] for each in users), password=SAMPLE_PASSWORD
        ),
    )
    if options.no_window:
        return 0
    return open_window(data_dir, options.user or users[0]["login"])
