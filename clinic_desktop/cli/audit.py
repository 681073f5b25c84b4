"""The log on the command line: ``audit verify``, ``export``, ``slip`` and ``accept``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import open_clinic
from clinic_desktop.db.log_check import Finding, LogReport, Trouble
from clinic_desktop.errors import ValidationError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _, current, ngettext

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

UNANCHORED, BROKEN, FORK = 30, 31, 32
EXIT_CODES = {Trouble.UNANCHORED: UNANCHORED, Trouble.BROKEN: BROKEN, Trouble.FORK: FORK}
"""Of ``audit verify``; no other command uses them."""
_CODES = {
    UNANCHORED: (
        "The newest part of the log is not signed, or its copy beside the record incomplete."
    ),
    BROKEN: "A commit, a signature or a row is not what was written.",
    FORK: "The record was put back to an older state, or its newest part was cut off.",
}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``audit verify``, ``export``, ``slip`` and ``accept``."""
    audit = exit_codes.add_parser(
        commands, "audit", "verify", _CODES, help="who did what, and is that log whole?"
    )
    actions = audit.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = exit_codes.add_parser(
        actions, "verify", "verify", _CODES,
        parents=[common], help="check log, signatures and every row",
    )  # fmt: skip
    verify.add_argument("--since", metavar="DAY", help="compare rows changed since then only")
    verify.set_defaults(run=_verify)
    export = actions.add_parser("export", parents=[common], help="the log for an auditor")
    export.add_argument("file", type=Path, metavar="FILE")
    export.add_argument(
        "--content", action="store_true", help="with what was changed, word by word"
    )
    export.set_defaults(run=_export)
    slip = actions.add_parser(
        "slip", parents=[common], help="the day's takings and the head of the log, as PDF"
    )
    slip.add_argument("file", type=Path, metavar="FILE")
    slip.set_defaults(run=_slip)
    accept = actions.add_parser(
        "accept", parents=[common], help="answer for an older record that was put back"
    )
    accept.add_argument("--reason", required=True)
    accept.set_defaults(run=_accept)


def _verify(options: argparse.Namespace, data_dir: DataDir, output: Output) -> int:
    from clinic_desktop.services.audit.verifying import verify

    def tell(done: int) -> None:
        if done % 50_000 == 0:
            output.progress(
                ngettext("{count} commit read", "{count} commits read", done).format(count=done)
            )

    with open_clinic(options, data_dir) as opened:
        store, since = opened.store, _day(options.since)
        store.sign_off().result()  # this very sign-in
        report = store.read(opened.actor, verify, store.mirror, since, tell).result()
    output.result(_as_json(report), *_sentences(report))
    return EXIT_CODES[Trouble(report.trouble)] if report.trouble else 0


def _day(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError("since", _("Write the day as 2026-03-31.")) from None
    zone = ZoneInfo(current().time_zone or "UTC")
    return datetime.combine(day.date(), day.time() or time(), day.tzinfo or zone)


def _as_json(report: LogReport) -> dict[str, Any]:
    return {
        "ok": not report.trouble,
        "commits": report.commits,
        "signatures": report.signatures,
        "mirrored": report.mirrored,
        "heads": {
            dev: {"commit": dseq, "chain": chain.hex()}
            for dev, (dseq, chain) in report.heads.items()
        },
        "restored": [{"wall": wall, "commit": dseq} for wall, dseq in report.restored],
        "found": report.found,
        "findings": [_finding(each) for each in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    told = asdict(finding) | {"trouble": finding.trouble.name.lower()}
    return {key: value for key, value in told.items() if value not in {"", 0}}


def _sentences(report: LogReport) -> list[str]:
    from clinic_desktop.services.audit.verifying import sentence

    lines = [sentence(each) for each in report.findings]
    if report.found > len(report.findings):
        lines.append(_("… and more of the same."))
    lines += [
        _("PC {number}: commit {commit}, {chain}").format(
            number=dev, commit=dseq, chain=chain.hex()[:16]
        )
        for dev, (dseq, chain) in report.heads.items()
    ]
    if not report.trouble:
        lines.append(_("The log is whole, signed, and the rows are what it says."))
    return lines


def _export(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.audit.exporting import note_export, write_export

    with open_clinic(options, data_dir) as opened:
        store, actor = opened.store, opened.actor
        store.write(actor, note_export, content=options.content).result()
        counts = store.read(actor, write_export, options.file, content=options.content).result()
    output.result(
        {"file": str(options.file), **counts},
        _("The log was written to {file}.").format(file=options.file),
    )


def _slip(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.papers.day_close import close_day, day_close

    with open_clinic(options, data_dir) as opened:
        opened.store.write(opened.actor, close_day).result()
        pdf, _choice = opened.store.read(opened.actor, day_close).result()
    replace_file(options.file, pdf)
    output.result(
        {"file": str(options.file)},
        _("The slip was written to {file}.").format(file=options.file),
    )


def _accept(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.audit.verifying import accept

    with open_clinic(options, data_dir) as opened:
        opened.store.write(opened.actor, accept, options.reason).result()
        opened.store.accept_state().result()
    output.result({"accepted": True}, _("This state of the record is the right one from now on."))
