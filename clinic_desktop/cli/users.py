"""Who works here: ``user add``, ``user list``, ``user passwd``, ``user revoke``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from clinic_desktop.cli.access import new_password, open_clinic, password
from clinic_desktop.cli.stages import StageTeller
from clinic_desktop.domain.permissions import STAFF_ROLES, SYSTEM
from clinic_desktop.errors import NotFoundError
from clinic_desktop.i18n import _, commas, current

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.clinic import Clinic
    from clinic_desktop.config import DataDir
    from clinic_desktop.services.people import Person


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``user add``, ``user list``, ``user passwd`` and ``user revoke``."""
    user = commands.add_parser("user", help="people who work here")
    actions = user.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", parents=[common], help="let somebody sign in")
    add.add_argument("--login", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--role", action="append", required=True, choices=sorted(STAFF_ROLES))
    add.add_argument("--specialty", default="")
    add.add_argument("--registration-number", default="")
    add.set_defaults(run=_add)
    listed = actions.add_parser("list", parents=[common], help="who works here")
    listed.set_defaults(run=_list)
    passwd = actions.add_parser("passwd", parents=[common], help="a new password")
    passwd.add_argument("login", nargs="?", default="", help="whose; without, your own")
    passwd.set_defaults(run=_passwd)
    revoke = actions.add_parser("revoke", parents=[common], help="end somebody's way in")
    revoke.add_argument("login")
    revoke.set_defaults(run=_revoke)


def _add(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.people import NewPerson

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
    from clinic_desktop.services.audit.role_words import role_words
    from clinic_desktop.services.people import everybody

    with open_clinic(options, data_dir) as opened:
        found = opened.store.read(SYSTEM, everybody).result()
    words = role_words(current())
    output.result(
        {"people": [asdict(person) for person in found]},
        *(_line(person, words) for person in found),
    )


def _line(person: Person, roles: Mapping[str, str]) -> str:
    told = commas(roles.get(each, each) for each in person.roles)
    left = "" if person.is_active else _("(has left)")
    return f"{person.login}  {person.name}  {told}  {left}".rstrip()


def _passwd(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    with open_clinic(options, data_dir) as opened:
        login = options.login or opened.actor.login
        if login.casefold() == opened.actor.login.casefold():
            old = password(_("Password of {login}: ").format(login=login))
            opened.change_password(old, new_password(login))
        else:
            opened.set_password(_person(opened, login), new_password(login))
    output.result(
        {"login": login}, _("{login} can sign in with the new password.").format(login=login)
    )


def _revoke(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.backups import Backups
    from clinic_desktop.services.backups.ledger import Reason

    with open_clinic(options, data_dir) as opened:
        person = _person(opened, options.login)
        backups = Backups(opened)
        opened.retire_person(person.id, partial(backups.before, Reason.REKEY, StageTeller(output)))
    output.result(
        {"id": person.id, "login": person.login, "key_changed": True},
        _("{name} cannot sign in any more.").format(name=person.name),
        _("The record has a new key. Copies made before open with the old one."),
    )


def _person(opened: Clinic, login: str) -> Person:
    from clinic_desktop.services.people import everybody

    wanted = login.strip().casefold()
    found = opened.store.read(SYSTEM, everybody).result()
    for person in found:
        if person.is_active and person.login.casefold() == wanted:
            return person
    raise NotFoundError(_("There is no such person."))
