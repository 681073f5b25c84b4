"""What PCs wrote without knowing of each other: ``conflicts``."""

from __future__ import annotations

import argparse
import uuid
from typing import TYPE_CHECKING, Any

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import open_clinic
from clinic_desktop.errors import RuleError, ValidationError
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.services.conflicts import deciding, listing
from clinic_desktop.services.conflicts.deciding import Resolve
from clinic_desktop.services.conflicts.fields import TABLE_NAMES
from clinic_desktop.services.conflicts.words import again, field_name, severity_word, value_words

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir
    from clinic_desktop.services.conflicts.listing import ConflictItem, VersionRow

CODES = {
    3: "No such question is open, or it has no such version.",
    4: "What it is about is closed to you, or is not yours to decide.",
    6: "Only one version can hold, or the row is signed or issued; or --again is not possible.",
}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``conflicts`` with its actions."""
    command = exit_codes.add_parser(
        commands, "conflicts", "conflicts", CODES,
        help="what two PCs wrote without knowing of each other",
    )  # fmt: skip
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", parents=[common], help="what is to be decided")
    listed.set_defaults(run=_list)
    resolve = actions.add_parser("resolve", parents=[common], help="decide one")
    resolve.add_argument("id", help="of “conflicts list”")
    resolve.add_argument(
        "--keep", action="append", default=[], metavar="VERSION",
        help="the version that holds; twice where the chart is to hold both",
    )  # fmt: skip
    resolve.add_argument(
        "--again", action="store_true",
        help="take an owner's step that came to nothing once more, with your keys of today",
    )  # fmt: skip
    resolve.set_defaults(run=_resolve)


def _list(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    with open_clinic(options, data_dir) as opened:
        store, actor = opened.store, opened.actor
        rows = store.read(actor, listing.open_items).result()
        items = [store.read(actor, listing.item, row.id).result() for row in rows]
    count = len(items)
    words = ngettext("{n} question is open.", "{n} questions are open.", count)
    lines = [line for item in items for line in _lines(item)]
    output.result(
        {"conflicts": [_object(item) for item in items]},
        *lines,
        words.format(n=current().number(count)),
    )


def _resolve(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    try:
        conflict = uuid.UUID(options.id)
    except ValueError as error:
        raise ValidationError(
            "id",
            _("“{text}” is no id of a question.").format(text=options.id),
            hint=_("Find the id with “conflicts list”."),
        ) from error
    if options.again:
        _refuse_version(options.keep)
        with open_clinic(options, data_dir) as opened:
            identity = opened.keys.identity
            opened.store.write(opened.actor, deciding.repeat_step, conflict, identity).result()
        output.result({"id": str(conflict), "again": True}, _("Done again."))
        return
    if not options.keep:
        raise ValidationError(
            "keep",
            _("Say which version holds."),
            kept=_("Nothing was decided."),
            hint=_("Give --keep VERSION; “conflicts list” shows the versions."),
        )
    with open_clinic(options, data_dir) as opened:
        store, actor = opened.store, opened.actor
        _refuse_half_of_two(store.read(actor, listing.item, conflict).result(), options.keep)
        store.write(actor, deciding.resolve, Resolve(conflict, tuple(options.keep))).result()
    output.result({"id": str(conflict), "kept": options.keep}, _("Decided."))


def _refuse_version(keep: list[str]) -> None:
    if keep:
        raise ValidationError(
            "keep",
            _("A step is taken again, or a version holds: not both."),
            kept=_("Nothing was decided."),
            hint=_("Give --again without --keep."),
        )


def _refuse_half_of_two(item: ConflictItem, keep: list[str]) -> None:
    """Two payments or bookings both stay: to keep one would read as if the other were gone."""
    names = {each.name for each in item.versions}
    if item.is_pair and set(keep) <= names and set(keep) != names:
        raise RuleError(
            _("These are two entries, and deciding takes neither of them out."),
            kept=_("Nothing was decided."),
            hint=_("If both are right, give --keep for each; else put one right in the window."),
        )


def _object(item: ConflictItem) -> dict[str, Any]:
    row = item.row
    return {
        "id": str(row.id), "kind": row.kind, "severity": row.severity, "table": row.table,
        "group": row.group, "row": str(row.row_id), "opened": row.opened_at.isoformat(),
        "patient": str(row.patient_id) if row.patient_id else None,
        "may_decide": item.may_decide, "can_keep_both": item.can_keep_both,
        "signed": item.is_fixed, "again": item.again.kind if item.again else None,
        "versions": [_version(item, each) for each in item.versions],
    }  # fmt: skip


def _version(item: ConflictItem, version: VersionRow) -> dict[str, Any]:
    return {
        "version": version.name, "at": version.at.isoformat(), "who": version.who,
        "pc": version.pc, "here": version.is_here, "shown": version.is_shown,
        "deletes": version.deletes,
        "values": {name: version.values.get(name) for name in item.fields},
    }  # fmt: skip


def _lines(item: ConflictItem) -> list[str]:
    row = item.row
    patient = isolate(row.patient.listed()) if row.patient else ""
    table = _(TABLE_NAMES.get(row.table, row.table))
    subject = isolate(row.subject) if isinstance(row.subject, str) else ""
    lines = [f"{row.id}  {severity_word(row.severity)}  {table} {subject}  {patient}"]
    for each in item.versions:
        words = _deleted(each) or _said(item, each)
        who = _("{who} at {pc}, {when}").format(
            who=isolate(each.who or _("The program")),
            pc=isolate(_("this PC") if each.is_here else each.pc),
            when=isolate(current().datetime(each.at)),
        )
        lines.append(f"  {each.name}  {who}: {words}")
    if item.again is not None:
        how = _("To take it again: “conflicts resolve {id} --again”.").format(id=row.id)
        lines.append(f"  {how}")
    return lines


def _said(item: ConflictItem, version: VersionRow) -> str:
    """What a version says, or the step it tells of: its own bytes say nothing to people."""
    if item.row.table == "membership_entry":
        return again(item.again) if item.again is not None else "…"
    return ", ".join(
        f"{field_name(name)}: {value_words(item, name, version.values)}" for name in item.fields
    )


def _deleted(version: VersionRow) -> str:
    """What a deletion says."""
    return _("deleted it") if version.deletes else ""
