"""From JSON text to resources with their exact bytes, checked before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from clinic_desktop.i18n import _
from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.files import BadContentError, Source, documents
from clinic_desktop.services.fhir.kinds import RESOURCE_TYPES
from clinic_desktop.services.fhir.limits import LOOSE_BYTES, LOOSE_ENTRIES, MOST_ENTRIES
from clinic_desktop.services.fhir.words import content_of


class Entry(NamedTuple):
    """One resource as it came."""

    position: int
    kind: str
    raw: bytes
    id: str
    full_url: str
    line: int


@dataclass
class Part:
    """What is kept together as one source: a bundle, or a run of single resources."""

    line: int
    content: bytes
    is_bundle: bool
    entries: list[Entry] = field(default_factory=list)


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str | None = None


class _BundleEntry(msgspec.Struct, rename="camel"):
    full_url: str | None = None
    resource: msgspec.Raw = msgspec.Raw()


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str
    entry: list[_BundleEntry] = []


_read_tree = msgspec.json.Decoder(float_hook=Decimal).decode
_write_tree = msgspec.json.Encoder(decimal_format="number").encode
_read_head = msgspec.json.Decoder(_Head).decode
_read_bundle = msgspec.json.Decoder(_Bundle).decode


def parts(source: Source, *, checking: bool) -> Iterator[Part]:
    """The parts of one file; ``checking`` looks for what decoders let pass.

    Raises:
        BadContentError: with the line.
    """
    loose = Part(1, b"", is_bundle=False)
    size = 0
    for line, text in documents(source):
        if checking:
            check_json(text, line)
        head = _head(text, line)
        if head.resource_type == "Bundle":
            yield Part(line, text, is_bundle=True, entries=_bundle_entries(text, line, source))
            continue
        entry = Entry(len(loose.entries), head.resource_type, text, head.id or "", "", line)
        loose.entries.append(entry)
        size += len(text)
        if size > LOOSE_BYTES or len(loose.entries) >= LOOSE_ENTRIES:
            yield _closed(loose)
            loose, size = Part(line + 1, b"", is_bundle=False), 0
    if loose.entries:
        yield _closed(loose)


def _closed(loose: Part) -> Part:
    loose.content = b"\n".join(entry.raw for entry in loose.entries)
    loose.line = loose.entries[0].line
    return loose


def check_json(text: bytes, line: int) -> None:
    """Refuse what is no JSON, and what two readers would read differently: a name given twice."""
    try:
        tree = _read_tree(text)
        if _write_tree(tree) != msgspec.json.format(text, indent=-1):
            json.loads(text, object_pairs_hook=_once_each, parse_float=str, parse_int=str)
    except RecursionError as error:
        raise BadContentError(_("Nested too deeply."), line) from error
    except UnicodeDecodeError as error:
        raise BadContentError(_("The text is not UTF-8."), line) from error
    except (msgspec.MsgspecError, ValueError, ArithmeticError) as error:
        where = re.search(r"\(byte (\d+)\)", str(error))
        line += text.count(b"\n", 0, int(where[1])) if where else text.count(b"\n")
        raise BadContentError(_("Not JSON: {reason}").format(reason=error), line) from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{twice[:40]}” is given twice")
    return found


def _head(text: bytes, line: int) -> _Head:
    try:
        head = _read_head(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadContentError(
            _("Not a FHIR resource: {reason}").format(reason=error), line
        ) from error
    if head.resource_type not in RESOURCE_TYPES:
        raise BadContentError(
            _("“{name}” is no resource type of FHIR R4.").format(name=head.resource_type[:40]), line
        )
    return head


def _bundle_entries(text: bytes, line: int, source: Source) -> list[Entry]:
    try:
        found = _read_bundle(text).entry
    except msgspec.MsgspecError as error:
        raise BadContentError(
            _("Not a FHIR bundle: {reason}").format(reason=error), line
        ) from error
    if len(found) > MOST_ENTRIES:
        raise BadContentError(
            _("A bundle with more than {most} entries.").format(most=MOST_ENTRIES), line
        )
    entries, offset = [], 0
    for position, item in enumerate(found):
        raw = bytes(item.resource)
        if not raw:
            continue
        at = line
        if not source.is_linewise:
            offset = max(text.find(raw, offset), 0)
            at = line + text.count(b"\n", 0, offset)
        head = _head(raw, at)
        entries.append(
            Entry(position, head.resource_type, raw, head.id or "", item.full_url or "", at)
        )
    return entries


def resource(entry: Entry) -> Any:
    """The entry's resource, typed.

    Raises:
        BadContentError: a value of the wrong kind, with its path.
    """
    try:
        return shapes.read(entry.kind, entry.raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadContentError(
            _("{kind} (entry {number}): {reason}").format(
                kind=entry.kind, number=entry.position + 1, reason=error
            ),
            entry.line,
        ) from error


def check_attachments(entry: Entry, found: Any) -> None:
    """Refuse base64 that is none, before anything is written."""
    attachments = [*getattr(found, "presented_form", ())]
    attachments += [each.attachment for each in getattr(found, "content", ()) if each.attachment]
    for attachment in attachments:
        try:
            content_of(attachment)
        except ValueError as error:
            raise BadContentError(f"{entry.kind}: {error}", entry.line) from error
