"""Import of FHIR R4 files: everything is checked first, then written in short transactions.

A file is checked whole before anything of it is written, so a broken one changes nothing.
Writing then goes in slices: if the disk fails in the middle, the slices before stay, and the
same import run again goes on where it stopped, because it adds nothing twice.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from clinic_desktop.confined.reading import StoppedError
from clinic_desktop.db.session import ReadSession
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.services.access import query, require
from clinic_desktop.services.fhir import shapes
from clinic_desktop.services.fhir.confining import ConfinedFiles
from clinic_desktop.services.fhir.files import BadContentError, Source, find_sources
from clinic_desktop.services.fhir.index import Index
from clinic_desktop.services.fhir.limits import SLICE_ENTRIES
from clinic_desktop.services.fhir.naming import (
    DIRECTORY,
    Names,
    bundle_names,
    key,
    loose_name,
    subject_of,
)
from clinic_desktop.services.fhir.parts import Entry, Part, resource
from clinic_desktop.services.fhir.slices import (
    Counts,
    DryRunError,
    Work,
    write_slice,
)
from clinic_desktop.services.fhir.sources import Placed, Run

_ORDER = {
    **dict.fromkeys(("Organization", "Practitioner", "Location"), 0),
    **dict.fromkeys(("PractitionerRole", "Medication"), 1),
    "Patient": 2,
    "Encounter": 3,
    "DiagnosticReport": 4,
    **dict.fromkeys(("Claim", "ExplanationOfBenefit"), 6),
}
"""What others refer to comes first."""
_MIDDLE = 5


@dataclass(frozen=True)
class Progress:
    """How far an import is; ``done`` and ``total`` count resources."""

    phase: Literal["checking", "writing"]
    file: str
    done: int
    total: int


@dataclass(frozen=True)
class FileError:
    """Why a file was not imported; ``line`` counts from 1, 0 where none can be named."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What an import did, by resource type."""

    imported: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    errors: tuple[FileError, ...] = ()
    is_dry_run: bool = False
    was_cancelled: bool = False


@dataclass
class _File:
    """What the check of a file found."""

    source: Source
    kinds: Counter[str] = field(default_factory=Counter)
    patients: set[bytes] = field(default_factory=set)
    subjects: dict[bytes, int] = field(default_factory=dict)
    """Patients that its resources belong to, with the line that first says so."""
    loose_subjects: dict[str, int] = field(default_factory=dict)
    loose: Names = field(default_factory=Names)
    digests: list[bytes] = field(default_factory=list)
    """Of its parts: what is written must be what was checked."""

    @property
    def rank(self) -> int:
        """Files that others refer to go first."""
        if "Patient" in self.kinds:
            return _ORDER["Patient"]
        return max((_ORDER.get(kind, _MIDDLE) for kind in self.kinds), default=0)


def import_files(
    store: Store,
    actor: Actor,
    paths: Iterable[Path],
    *,
    dry_run: bool = False,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    cancel: threading.Event | None = None,
) -> ImportReport:
    """Bring the resources of files and folders into the record.

    ``on_progress`` is called on the caller's thread; ``cancel`` stops between two slices and
    keeps what is written. Must not be called on one of the store's writer threads.

    Raises:
        PermissionDeniedError: the actor may not import.
        StorageError: the disk failed while writing.
    """
    require(actor, "import.run")
    work = _Import(store, actor, on_progress, cancel or threading.Event(), dry_run=dry_run)
    return work.run(work.sources(paths))


def import_sources(store: Store, actor: Actor, sources: Iterable[Source]) -> ImportReport:
    """The same for content that does not lie in files."""
    require(actor, "import.run")
    work = _Import(store, actor, lambda _progress: None, threading.Event(), dry_run=False)
    return work.run(sources)


@query("import.run")
def known_keys(reads: ReadSession, keys: list[bytes]) -> set[bytes]:
    """Which source keys are in the record."""
    index = Index(forgets=False)
    index.begin(reads.cursor)
    index.load(keys)
    return {each for each in keys if index.get(each) is not None}


class _Import:
    def __init__(
        self,
        store: Store,
        actor: Actor,
        on_progress: Callable[[Progress], None],
        cancel: threading.Event,
        *,
        dry_run: bool,
    ) -> None:
        self._store = store
        self._actor = actor
        self._tell = on_progress
        self._cancel = cancel
        self._dry = dry_run
        self._files = ConfinedFiles(cancel)
        self._loose = Names()
        self._counts = Counts()
        self._errors: list[FileError] = []
        self._done = 0

    def run(self, sources: Iterable[Source]) -> ImportReport:
        """Check everything, then write what is sound."""
        files = list(self._checked(sources))
        if self._cancel.is_set():
            files = []  # half a check says nothing
        files = sorted(self._with_known_patients(files), key=lambda file: file.rank)
        total = sum(sum(file.kinds.values()) for file in files)
        found: Counter[str] = Counter()
        for file in files:
            found += file.kinds
        names = [file.source.name for file in files]
        run = Run(names, dict(found), self._dry, Index(forgets=not self._dry))
        self._write(files, run, total)
        return ImportReport(
            imported=dict(sorted(self._counts.imported.items())),
            updated=dict(sorted(self._counts.updated.items())),
            unchanged=self._counts.unchanged,
            kept=dict(sorted(self._counts.kept.items())),
            errors=tuple(self._errors),
            is_dry_run=self._dry,
            was_cancelled=self._cancel.is_set(),
        )

    # ------------------------------------------------------------ checking

    def _checked(self, sources: Iterable[Source]) -> Iterator[_File]:
        for source in sources:
            if self._cancel.is_set():
                return
            file = _File(source)
            try:
                with closing(self._files.parts(source, checking=True)) as found:
                    for part in found:
                        self._check_part(file, part)
                        self._tell(Progress("checking", source.name, sum(file.kinds.values()), 0))
                        if self._cancel.is_set():
                            return
                if not file.kinds:
                    raise BadContentError(_("There is nothing in the file."))  # noqa: TRY301
            except StoppedError:
                return
            except (BadContentError, OSError) as error:
                self._refuse(source.name, error)
            else:
                self._loose.local |= file.loose.local
                yield file

    def sources(self, paths: Iterable[Path]) -> Iterator[Source]:
        """The files below the paths; a path without any is an error of its own."""
        for path in paths:
            try:
                sources = list(find_sources([path], self._files.members))
            except (BadContentError, OSError) as error:
                self._refuse(str(path), error)
                continue
            if not sources:
                self._refuse(str(path), BadContentError(_("No FHIR files were found here.")))
            yield from sources

    def _refuse(self, name: str, error: BadContentError | OSError) -> None:
        if isinstance(error, BadContentError):
            self._errors.append(FileError(name, error.line, error.reason))
        else:
            reason = _("The file cannot be read: {reason}").format(reason=error.strerror or error)
            self._errors.append(FileError(name, 0, reason))

    def _check_part(self, file: _File, part: Part) -> None:
        file.digests.append(hashlib.sha256(part.content).digest())
        typed = [(entry, resource(entry)) for entry in part.entries]
        names = _place_bundle(part)[1] if part.is_bundle else None
        for entry, found in typed:
            file.kinds[entry.kind] += 1
            subject = subject_of(found) if entry.kind in shapes.MAPPED else None
            if names is not None:
                if entry.kind == "Patient":
                    file.patients.add(key(names.of(shapes.Reference(_own_reference(entry)))))
                elif _means_patient(subject):
                    file.subjects.setdefault(key(names.of(subject)), entry.line)
                continue
            if entry.kind == "Patient" or entry.kind in DIRECTORY:
                name = loose_name(entry, found, self._loose)
                file.loose.add(entry, name)
                file.patients.update([key(name)] if entry.kind == "Patient" else [])
            if _means_patient(subject) and subject is not None:
                file.loose_subjects.setdefault(subject.reference or "", entry.line)

    def _with_known_patients(self, files: list[_File]) -> Iterator[_File]:
        """Refuse files whose resources belong to somebody who is nowhere."""
        for file in files:
            for reference, line in file.loose_subjects.items():
                name = self._loose.of(shapes.Reference(reference))
                file.subjects.setdefault(key(name), line)
        here = {each for file in files for each in file.patients}
        elsewhere = [each for file in files for each in file.subjects if each not in here]
        known = self._store.read(self._actor, known_keys, elsewhere).result() if elsewhere else {}
        for file in files:
            lost = [line for each, line in file.subjects.items() if each not in here | set(known)]
            if lost:
                reason = _("The patient this belongs to is in none of the files.")
                self._errors.append(FileError(file.source.name, min(lost), reason))
            else:
                yield file

    # ------------------------------------------------------------ writing

    def _write(self, files: list[_File], run: Run, total: int) -> None:
        jobs: list[Work] = []
        for job in self._jobs(files):
            jobs.append(job)
            if sum(len(work) for _placed, work in jobs) >= SLICE_ENTRIES:
                self._write_slice(run, jobs, total)
                jobs = []
            if self._cancel.is_set():
                return
        if jobs:
            self._write_slice(run, jobs, total)

    def _jobs(self, files: list[_File]) -> Iterator[Work]:
        """The work in portions no longer than one transaction."""
        for file in files:
            name = file.source.name
            try:
                for part in self._checked_again(file):
                    placed, work = self._place(name, part)
                    for start in range(0, len(work), SLICE_ENTRIES):
                        yield placed, work[start : start + SLICE_ENTRIES]
            except StoppedError:
                return
            except (BadContentError, OSError) as error:  # the file changed while we read it
                self._refuse(name, error)

    def _checked_again(self, file: _File) -> Iterator[Part]:
        """The parts to write: those that were checked, byte for byte."""
        digests = iter(file.digests)
        with closing(self._files.parts(file.source, checking=False)) as found:
            for part in found:
                if hashlib.sha256(part.content).digest() != next(digests, None):
                    raise BadContentError(_("The file changed while it was read."), part.line)
                yield part

    def _place(self, name: str, part: Part) -> tuple[Placed, list[tuple[Entry, str]]]:
        if part.is_bundle:
            found, names = _place_bundle(part)
        else:
            names = self._loose
            found = [loose_name(entry, resource(entry), names) for entry in part.entries]
        has_coverage = any(entry.kind == "Coverage" for entry in part.entries)
        work = list(zip(part.entries, found, strict=True))
        work.sort(key=lambda pair: _ORDER.get(pair[0].kind, _MIDDLE))
        return Placed(part, name, names, work[-1][0], has_coverage), work

    def _write_slice(self, run: Run, jobs: list[Work], total: int) -> None:
        future = self._store.write(self._actor, write_slice, run, jobs)
        file = jobs[-1][0].file
        try:
            self._counts.add(future.result())
        except DryRunError as dry:
            self._counts.add(dry.counts)
        except ClinicError as error:
            kept = _("What was imported before stays; importing the same again goes on from there.")
            self._errors.append(FileError(file, 0, f"{error.message} {error.hint} {kept}"))
            self._cancel.set()
            return
        self._done += sum(len(work) for _placed, work in jobs)
        self._tell(Progress("writing", file, self._done, total))


def _place_bundle(part: Part) -> tuple[list[str], Names]:
    patient = next((entry for entry in part.entries if entry.kind == "Patient"), None)
    return bundle_names(part, resource(patient) if patient else None)


def _own_reference(entry: Entry) -> str:
    return entry.full_url or f"{entry.kind}/{entry.id}"


def _means_patient(subject: shapes.Reference | None) -> bool:
    """Whether a subject is a person rather than a group, a place or a device."""
    if subject is None or not subject.reference or subject.reference.startswith("#"):
        return False
    kind = subject.reference.rsplit("/", 2)[-2] if "/" in subject.reference else subject.type
    return kind in {None, "", "Patient"} or subject.reference.startswith("urn:")
