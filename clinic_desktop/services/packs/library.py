"""The packs of this PC: those shipped with the program and those the clinic added."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Final

from clinic_desktop.config import DataDir, resource
from clinic_desktop.domain.codes import System
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import BadFileError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.services.access import require
from clinic_desktop.services.packs import confining
from clinic_desktop.services.packs.finding import CodeHit, find_code, search_codes
from clinic_desktop.services.packs.pack import SUFFIX, Pack, PackInfo, write_pack

DIAGNOSES: Final = frozenset({System.ICD10, System.ICD10_CM, System.MKB10})


class Library:
    """All packs, opened once; make it anew after adding one."""

    def __init__(self, data_dir: DataDir) -> None:
        self.packs: list[Pack] = []
        self.damaged: list[BadFileError] = []
        """Packs that could not be opened; the others work."""
        for path in _files(data_dir):
            try:
                self.packs.append(Pack(path))
            except BadFileError as error:
                self.damaged.append(error)

    def diagnoses(
        self, text: str, favourites: Iterable[tuple[str, str]] = (), limit: int = 30
    ) -> list[CodeHit]:
        """Diagnosis codes for a few letters, favourites (system, code) first."""
        packs = [pack for pack in self.packs if pack.info.system in DIAGNOSES]
        return search_codes(text, packs, favourites=favourites, limit=limit)

    def find(self, system: str, code: str) -> CodeHit | None:
        """One code, inactive ones too."""
        return find_code(system, code, self.packs)

    def close(self) -> None:
        """Let go of all files."""
        for pack in self.packs:
            pack.close()


def _files(data_dir: DataDir) -> list[Path]:
    """What the clinic added comes first: it is what the clinic wants to see first."""
    shipped = sorted(resource("packs").glob(f"*{SUFFIX}"))
    added = sorted(data_dir.packs.glob(f"*{SUFFIX}"))
    names = {path.name for path in added}
    return added + [path for path in shipped if path.name not in names]


def pack_list(data_dir: DataDir) -> list[PackInfo]:
    """What packs there are."""
    library = Library(data_dir)
    try:
        return [pack.info for pack in library.packs]
    finally:
        library.close()


def add_pack(actor: Actor, data_dir: DataDir, path: Path) -> PackInfo:
    """Bring a pack, or an official table that we know, into the clinic's folder.

    Raises:
        PermissionDeniedError: the actor may not add packs.
        BadFileError: it is neither, or it is damaged.
        StorageError: the folder cannot be written.
    """
    require(actor, "pack.write")
    if not path.is_file():
        raise BadFileError(_("There is no such file."), place=str(path))
    try:
        data_dir.packs.mkdir(parents=True, exist_ok=True)
        part = data_dir.packs / f".adding-{path.stem}"
        try:
            info = _convert(path, part)
            part.replace(data_dir.packs / f"{info.id}{SUFFIX}")
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            _("The pack cannot be written."), kept=_("Nothing was added."), place=str(path)
        ) from error
    return info


def _convert(path: Path, part: Path) -> PackInfo:
    with closing(confining.table(path)) as lines:
        first = next(lines, None)
        if first is not None:
            rest = (each for some in chain([first], lines) for each in some.concepts)
            return write_pack(part, first.info, rest)
    # Once before it is copied, for it may be huge and no pack at all; then what is kept itself,
    # so that nobody can exchange it in between.
    info = confining.verified(path)
    shutil.copyfile(path, part)
    if confining.verified(part) != info:
        raise BadFileError(_("The file changed while it was read."), place=str(path))
    return info
