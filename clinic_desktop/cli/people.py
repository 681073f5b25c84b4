"""Who works here: ``person add`` and ``person list``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from clinic_desktop.cli.access import new_password, open_clinic
from clinic_desktop.domain.permissions import ROLES, SYSTEM
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``person add`` and ``person list``."""
    person = commands.add_parser("person", help="people who work here")
    actions = person.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", parents=[common], help="let somebody sign in")
    add.add_argument("--login", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--role", action="append", required=True, choices=sorted(ROLES))
    add.add_argument("--specialty", default="")
    add.add_argument("--registration-number", default="")
    add.set_defaults(run=_add)
    listed = actions.add_parser("list", parents=[common], help="who works here")
    listed.set_defaults(run=_list)


def _add(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.practice import NewPerson

    new = NewPerson(
        login=options.login,
        name=options.name,
        roles=tuple(options.role),
        specialty=options.specialty,
        registration_number=options.registration_number,
    )
    with open_clinic(options, data_dir) as opened:
        user_id = opened.add_person(new, new_password(options.login))
    output.result(
        {"id": user_id, "login": options.login},
        _("{name} can sign in as {login}.").format(name=options.name, login=options.login),
    )


def _list(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.practice import people

    with open_clinic(options, data_dir) as opened:
        found = opened.store.read(SYSTEM, people).result()
    output.result(
        {"people": [asdict(person) for person in found]},
        *(
            f"{person.login}  {person.name}  {', '.join(person.roles)}"
            + ("" if person.is_active else "  " + _("(has left)"))
            for person in found
        ),
    )
