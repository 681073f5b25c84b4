"""Code systems: ``pack add`` and ``pack list``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli.access import open_clinic
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``pack add`` and ``pack list``."""
    pack = commands.add_parser("pack", help="reference packs (code systems)")
    actions = pack.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", parents=[common], help="add a pack or an official table")
    add.add_argument("file", type=Path, help="a .clinicpack, or МКБ-10 as CSV (also .xz)")
    add.set_defaults(run=_add)
    listed = actions.add_parser("list", parents=[common], help="what packs there are")
    listed.set_defaults(run=_list)


def _add(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.packs.library import add_pack

    with open_clinic(options, data_dir) as opened:
        info = add_pack(opened.actor, data_dir, options.file)
    output.result(
        asdict(info),
        _("{title}, version {version}: {count} terms added.").format(
            title=info.title, version=info.version, count=info.concepts
        ),
        _("Source: {source}. Licence: {licence}.").format(source=info.source, licence=info.licence),
    )


def _list(_options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.packs.library import pack_list

    packs = pack_list(data_dir)
    output.result(
        {"packs": [asdict(info) for info in packs]},
        *(f"{info.title}  {info.version}  {info.concepts}  {info.source}" for info in packs),
    )
