"""Exchange by a stick: ``bundle``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import open_clinic
from clinic_desktop.cli.numbers import whole
from clinic_desktop.i18n import _, ngettext

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

CODES = {
    11: "No room, or the stick fails; no broken file is left under the name.",
    12: "This PC exchanges with no other yet.",
    13: "The file is torn, forged, of another practice or of a PC that was taken out.",
    23: "The record is a copy, or an older state, of one that went on elsewhere.",
}
_MIB = 1 << 20


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``bundle`` with its actions."""
    bundle = exit_codes.add_parser(
        commands, "bundle", "bundle", CODES, help="exchange with the other PCs by a file on a stick"
    )
    actions = bundle.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser(
        "export", parents=[common], help="write what this PC holds of all PCs, sealed"
    )
    export.add_argument("file", type=Path)
    export.add_argument(
        "--most",
        type=whole("--most", 1, 2**20),
        default=2048,
        metavar="MIB",
        help="how large it may get (2048)",
    )
    export.add_argument(
        "--after", type=Path, metavar="FILE",
        help="leave out what this one holds: of the other PC, or the part before",
    )  # fmt: skip
    export.add_argument(
        "--files", action="store_true",
        help="documents too: those that the file of --after asks for, or all that are here",
    )  # fmt: skip
    export.set_defaults(run=_export)
    taken = actions.add_parser("import", parents=[common], help="take what such a file brings")
    taken.add_argument("file", type=Path)
    taken.set_defaults(run=_import)


def _export(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.bundle_writing import export_bundle

    with open_clinic(options, data_dir) as opened:
        made = export_bundle(opened, options.file, options.most * _MIB, options.after,
                             with_files=options.files)  # fmt: skip
    rest = _("More is here: write another file with --after {file}.").format(file=options.file)
    output.result(
        {
            "file": str(options.file),
            "bytes": made.size,
            "segments": made.segments,
            "more": made.more,
            "files": made.files,
            "lacks": made.lacks,
        },
        _("Written and read back: {file}").format(file=options.file),
        *((rest,) if made.more else ()),
        *((made.warning,) if made.warning else ()),
    )


def _import(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.bundle_taking import import_bundle

    with open_clinic(options, data_dir) as opened:
        taken = import_bundle(opened, options.file)
    received = ngettext("{count} change received.", "{count} changes received.", taken.received)
    lines = [received.format(count=taken.received)]
    if taken.left:
        lines.append(_("Not all could be taken: a file of before is missing. Import that one too."))
    output.result(
        {
            "received": taken.received,
            "segments": taken.segments,
            "left": taken.left,
            "files": taken.files,
            "pending": taken.open.to_apply,
            "kept_out": taken.open.kept_out,
            "conflicts": taken.open.conflicts,
        },
        *lines,
    )
