"""Making a clinic."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from clinic_desktop import clinic
from clinic_desktop.cli.access import password
from clinic_desktop.cli.recovery import words
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``init``."""
    init = commands.add_parser("init", parents=[common], help="make a clinic in an empty folder")
    init.add_argument("--practice", required=True, metavar="NAME")
    init.add_argument("--owner", required=True, metavar="LOGIN")
    init.add_argument("--owner-name", default="", metavar="NAME")
    init.add_argument("--language", dest="practice_language", default="en")
    init.add_argument("--region", default="", help="two-letter country")
    init.add_argument("--currency", default="USD")
    init.add_argument("--time-zone", default="UTC")
    init.set_defaults(run=_init)


def _init(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    new = clinic.NewClinic(
        practice=options.practice,
        owner_login=options.owner,
        owner_name=options.owner_name or options.owner,
        password=password(_("New password of {login}: ").format(login=options.owner)),
        language=options.practice_language,
        country=options.region.upper(),
        currency=options.currency.upper(),
        time_zone=options.time_zone,
    )
    made = clinic.create(data_dir, new)
    recovery = made.recovery
    try:
        if recovery is not None:  # whoever reads the result has it from now on
            made.use_recovery(recovery)
    finally:
        made.close()
    output.result(
        {
            "practice": new.practice,
            "owner": new.owner_login,
            "data_dir": str(data_dir.root),
            "recovery_key": recovery.text if recovery else "",
        },
        _("The clinic “{name}” is ready in {folder}.").format(
            name=new.practice, folder=data_dir.root
        ),
        *(words(recovery) if recovery else ()),
    )
