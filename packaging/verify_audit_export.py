"""Check a log that Clinic Desktop exported, without Clinic Desktop.

    pip install pynacl
    python verify_audit_export.py EXPORT.jsonl [LATER_EXPORT.jsonl ...]
        --key HEX       the key of the PC, as an earlier export or a day-close slip shows it
        --head N:CHAIN  commit and chain value (or its beginning) from a day-close slip
        --events        print who saw and did what

Several exports of one clinic are compared: a later one must contain what an earlier one had.
Needs Python 3.10 or newer and PyNaCl, nothing else. The format is in docs/audit-format.md.

Exit codes: 0 whole; 2 not an export; 30 the newest commits are not signed; 31 something was
changed, added or taken out; 32 the log was put back to an older state or went two ways.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

FORMAT = "clinic-desktop audit export 1"
NOT_AN_EXPORT, UNANCHORED, BROKEN, FORK = 2, 30, 31, 32
EVENT_TABLE = 46
EVENT_COLUMNS = {1: "kind", 2: "at", 3: "user", 4: "patient", 5: "object", 6: "detail"}
LONGEST_LINE = 256 << 20
LARGEST_BODY = 256 << 20
PLAIN_SINCE = 11
"""Commits of this schema and later are hashed over the body before it was deflated."""


class NotAnExportError(Exception):
    """The file is something else, or ends too early to be judged."""


@dataclass
class Found:
    """What is known of one export after it was read through."""

    commits: int = 0
    signatures: int = 0
    heads: dict[int, tuple[int, str]] = field(default_factory=dict)
    chains: dict[tuple[str, int], str] = field(default_factory=dict)
    """By PC (its id) and commit: the signed chain values, to compare exports with each other."""
    keys: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def add(self, code: int, words: str) -> None:
        """Take a fault down with its exit code."""
        self.faults.append((code, words))


# ---------------------------------------------------------------- MessagePack, as far as it is used


def pack(value: Any) -> bytes:
    """The bytes that the program hashes of a header."""
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return _pack_int(value)
    raw = value.encode() if isinstance(value, str) else value
    size = len(raw)
    if isinstance(value, str):
        if size < 32:
            return bytes([0xA0 | size]) + raw
        marks = (0xD9, 0xDA, 0xDB)
    else:
        marks = (0xC4, 0xC5, 0xC6)
    if size < 1 << 8:
        return bytes([marks[0], size]) + raw
    if size < 1 << 16:
        return struct.pack(">BH", marks[1], size) + raw
    return struct.pack(">BI", marks[2], size) + raw


def _pack_int(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes([value])
    if -32 <= value < 0:
        return struct.pack(">b", value)
    for mark, shape, low, high in (
        (0xCC, ">BB", 0, 1 << 8),
        (0xCD, ">BH", 0, 1 << 16),
        (0xCE, ">BI", 0, 1 << 32),
        (0xCF, ">BQ", 0, 1 << 64),
        (0xD0, ">Bb", -(1 << 7), 0),
        (0xD1, ">Bh", -(1 << 15), 0),
        (0xD2, ">Bi", -(1 << 31), 0),
        (0xD3, ">Bq", -(1 << 63), 0),
    ):
        if low <= value < high:
            return struct.pack(shape, mark, value)
    raise ValueError(value)


class Unpacker:
    """Reads lists, numbers, texts and bytes; anything else is an error."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def _take(self, size: int) -> bytes:
        if self.at + size > len(self.raw):
            raise ValueError("too short")
        self.at += size
        return self.raw[self.at - size : self.at]

    def _number(self, shape: str) -> Any:
        return struct.unpack(shape, self._take(struct.calcsize(shape)))[0]

    def value(self, depth: int = 0) -> Any:  # noqa: C901 - one branch for each kind
        """The next value."""
        if depth > 16:
            raise ValueError("too deep")
        mark = self._take(1)[0]
        if mark < 0x80:
            return mark
        if mark >= 0xE0:
            return mark - 256
        if 0xA0 <= mark < 0xC0:
            return self._take(mark & 31).decode()
        if 0x90 <= mark < 0xA0:
            return [self.value(depth + 1) for _each in range(mark & 15)]
        if mark in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[mark]
        numbers = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
                   0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}  # fmt: skip
        if mark in numbers:
            return self._number(numbers[mark])
        sizes = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I"}
        if mark in sizes:
            raw = self._take(self._number(sizes[mark]))
            return raw if mark < 0xD0 else raw.decode()
        if mark in (0xDC, 0xDD):
            count = self._number(">H" if mark == 0xDC else ">I")
            if count > len(self.raw):
                raise ValueError("too many")
            return [self.value(depth + 1) for _each in range(count)]
        raise ValueError(f"unknown mark {mark}")


# ---------------------------------------------------------------- the checks


def lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each line as bytes and as an object."""
    with path.open("rb") as file:
        while raw := file.readline(LONGEST_LINE):
            try:
                parsed = json.loads(raw)
            except (ValueError, RecursionError):
                raise NotAnExportError(f"{path}: a line is not JSON") from None
            if not isinstance(parsed, dict):
                raise NotAnExportError(f"{path}: a line is not an object")
            yield raw, parsed


def inflate(body: bytes) -> bytes:
    """What was deflated, up to a size."""
    try:
        return zlib.decompressobj().decompress(body, LARGEST_BODY)
    except zlib.error:
        raise ValueError("not deflated") from None


def is_signed(key: str, message: bytes, signature: str) -> bool:
    """Whether the holder of this Ed25519 key signed exactly this message."""
    try:
        VerifyKey(bytes.fromhex(key)).verify(message, bytes.fromhex(signature))
    except (CryptoError, ValueError, TypeError):
        return False
    return True


class Export:
    """Reads one export line by line; nothing of it is kept but heads and signatures."""

    def __init__(self, path: Path, *, print_events: bool = False) -> None:
        self.path, self.print_events = path, print_events
        self.found = Found()
        self.digest = hashlib.blake2b(digest_size=32)
        self.devices: dict[int, dict[str, str]] = {}
        self.people: dict[str, str] = {}
        self.waiting: dict[tuple[int, int], list[str]] = {}
        self.previous: dict[int, tuple[int, bytes]] = {}
        self.numbers: dict[int, int] = {}
        self.signed_to: dict[int, int] = {}
        self.ended = False

    def check(self) -> Found:
        """Read it through."""
        # Signatures stand after the commits: chain values are held until they are known.
        chains: dict[tuple[int, int], str] = {}
        for position, (raw, line) in enumerate(lines(self.path)):
            if self.ended:
                self.found.add(BROKEN, "lines follow the end")
                break
            try:
                if position == 0:
                    self._head(line)
                elif "commit" in line:
                    self._commit(line, chains)
                elif "checkpoint" in line:
                    self._checkpoint(line, chains)
                elif "end" in line:
                    self._end(line)
                else:
                    self.found.add(BROKEN, f"line {position + 1} is of no known kind")
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                if position == 0:
                    raise NotAnExportError(f"{self.path}: {error}") from None
                self.found.add(BROKEN, f"line {position + 1} cannot be read")
            self.digest.update(raw)
        self._finish()
        return self.found

    def _head(self, line: dict[str, Any]) -> None:
        if line.get("format") != FORMAT:
            raise ValueError("not an export of the log")
        self.people = dict(line["people"])
        for each in line["devices"]:
            self.devices[each["dev"]] = each
            self.found.keys[each["device"]] = each["key"]

    def _commit(self, line: dict[str, Any], chains: dict[tuple[int, int], str]) -> None:
        dev, dseq, hlc, wall, user, reason, schema, deps = line["commit"]
        last, chain = self.previous.get(dev, (0, bytes(32)))
        body_digest = bytes.fromhex(line["digest"])
        # In the headers of its own log each PC is number 1.
        header = (1, dseq, hlc, wall, bytes.fromhex(user) if user else None, reason, schema,
                  bytes.fromhex(deps))  # fmt: skip
        expected = hashlib.blake2b(chain, digest_size=32)
        expected.update(b"\x98" + b"".join(map(pack, header)) + body_digest)
        if dseq != last + 1:
            self.found.add(BROKEN, f"commit {dev}/{last + 1}: missing")
        elif expected.hexdigest() != line["chain"]:
            self.found.add(BROKEN, f"commit {dev}/{dseq}: changed, or out of its place")
        if line["body"] is not None:
            body = bytes.fromhex(line["body"])
            covered = inflate(body) if schema >= PLAIN_SINCE else body
            if hashlib.blake2b(covered, digest_size=32).digest() != body_digest:
                self.found.add(BROKEN, f"commit {dev}/{dseq}: its content was changed")
            elif self.print_events:
                self._tell(body, reason)
        chains[dev, dseq] = line["chain"]
        self.previous[dev] = dseq, bytes.fromhex(line["chain"])
        self.found.commits += 1

    def _checkpoint(self, line: dict[str, Any], chains: dict[tuple[int, int], str]) -> None:
        dev, number, dseq, hlc, wall, chain = line["checkpoint"]
        signer = self.devices[dev]
        text = (f"clinic-desktop checkpoint 1\ndevice {signer['device']}\nnumber {number}\n"
                f"commit {dseq}\nclock {hlc}\nwall {wall}\nchain {chain}\n")  # fmt: skip
        place = f"signature {dev}/{number} of commit {dseq}"
        if not is_signed(signer["key"], text.encode(), line["signature"]):
            self.found.add(BROKEN, f"{place}: not signed by this PC")
        if number != self.numbers.get(dev, 0) + 1:
            self.found.add(BROKEN, f"{place}: signatures before it are missing")
        if (dev, dseq) not in chains:
            self.found.add(BROKEN, f"{place}: the commit is not there")
        elif chains[dev, dseq] != chain:
            self.found.add(BROKEN, f"{place}: the log is another one")
        self.numbers[dev] = number
        self.signed_to[dev] = max(dseq, self.signed_to.get(dev, 0))
        self.found.signatures += 1
        self.found.chains[signer["device"], dseq] = chain

    def _end(self, line: dict[str, Any]) -> None:
        self.ended = True
        counts, own = line["end"], min(self.devices)
        text = f"{FORMAT}\ndevice {self.devices[own]['device']}\ndigest {line['digest']}\n"
        whole = line["digest"] == self.digest.hexdigest()
        told = (counts["commits"], counts["signatures"])
        if not whole or told != (self.found.commits, self.found.signatures):
            self.found.add(BROKEN, "the export is not as it was written")
        if not is_signed(self.devices[own]["key"], text.encode(), line["signature"]):
            self.found.add(BROKEN, "the export is not signed by this PC")

    def _finish(self) -> None:
        if not self.devices:
            raise NotAnExportError(f"{self.path}: empty")
        if not self.ended:
            self.found.add(BROKEN, "the end of the export is missing")
        for dev, (dseq, chain) in self.previous.items():
            self.found.heads[dev] = dseq, chain.hex()
            if dseq > self.signed_to.get(dev, 0):
                first = self.signed_to.get(dev, 0) + 1
                self.found.add(UNANCHORED, f"commits {dev}/{first}-{dseq}: not signed yet")
        self.found.chains |= {
            (self.devices[dev]["device"], dseq): chain
            for dev, (dseq, chain) in self.found.heads.items()
            if dev in self.devices
        }

    def _tell(self, body: bytes, reason: str) -> None:
        """Print who saw or did what, as far as the commit says so."""
        inserts, _updates = Unpacker(inflate(body)).value()
        for table, columns, rows in inserts:
            if table != EVENT_TABLE:
                continue
            for row in rows:
                event = {
                    EVENT_COLUMNS.get(n, ""): v for n, v in zip(columns, row[1:], strict=False)
                }
                at = datetime.fromtimestamp(event["at"] / 1000, UTC)
                user = event["user"].hex() if event["user"] else ""
                print(
                    at.isoformat(timespec="seconds"),
                    self.people.get(user, user or "the program"),
                    event["kind"],
                    "patient " + event["patient"].hex() if event["patient"] else "",
                    event["detail"] if event["detail"] not in ("{}", None) else "",
                    f"[{reason}]",
                    sep="\t",
                )


def compare(one: Found, other: Found, words: str) -> None:
    """Whether the later export contains what the earlier one had."""
    for device, key in one.keys.items():
        if device in other.keys and other.keys[device] != key:
            other.add(FORK, f"{words}: the PC {device} signs with another key")
    for point, chain in one.chains.items():
        if point[0] in other.keys and point not in other.chains:
            other.add(FORK, f"{words}: what was signed of commit {point[1]} is gone")
        elif other.chains.get(point, chain) != chain:
            other.add(FORK, f"{words}: commit {point[1]} is another one")


def check_paper(found: Found, key: str, head: str) -> None:
    """Compare with what stands on paper."""
    if key and key.lower().replace(" ", "") not in found.keys.values():
        found.add(FORK, "no PC signs with the key given")
    if head:
        commit, _colon, chain = head.lower().replace(" ", "").partition(":")
        known = {c for (_device, dseq), c in found.chains.items() if str(dseq) == commit}
        if not chain or not any(each.startswith(chain) for each in known):
            found.add(FORK, f"the head {head} of the paper is not in the log")


def main() -> int:
    """Check the exports and say what was found; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("exports", nargs="+", type=Path)
    parser.add_argument("--key", default="")
    parser.add_argument("--head", default="")
    parser.add_argument("--events", action="store_true")
    options = parser.parse_args()
    worst, before = 0, None
    for path in options.exports:
        try:
            found = Export(path, print_events=options.events).check()
        except (NotAnExportError, OSError) as error:
            print(f"not an export: {error}", file=sys.stderr)
            return NOT_AN_EXPORT
        if before is not None:
            compare(before, found, f"{path.name} and the export before it")
        check_paper(found, options.key, options.head)
        for _code, words in found.faults:
            print(f"{path.name}: {words}")
        heads = ", ".join(f"{dev}: {n} {chain[:16]}" for dev, (n, chain) in found.heads.items())
        keys = ", ".join(found.keys.values())
        print(f"{path.name}: {found.commits} commits, {found.signatures} signatures, "
              f"heads {heads}, keys {keys}")  # fmt: skip
        worst = max([worst, *(code for code, _words in found.faults)])
        before = found
    print("whole" if not worst else "NOT whole")
    return worst


if __name__ == "__main__":
    sys.exit(main())
