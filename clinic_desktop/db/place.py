"""Whether a folder is a safe place for the record: on a disk of this PC, not in a cloud folder."""

from __future__ import annotations

import sys
from pathlib import Path

from clinic_desktop.errors import StorageError
from clinic_desktop.i18n import _

NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ncpfs"}
)
CLOUD_FOLDERS = ("onedrive", "dropbox", "yandex.disk", "yandexdisk", "google drive", "icloud drive")
_DRIVE_REMOTE = 4


def check_place(folder: Path) -> None:
    """Refuse network disks and cloud-synced folders: their copies of a database get torn.

    Raises:
        StorageError: the folder is no place for the record.
    """
    path = folder.resolve()
    cloud = [part for part in path.parts if part.lower().startswith(CLOUD_FOLDERS)]
    if not cloud and not _is_network(path):
        return
    raise StorageError(
        _("The data folder is on a network disk or in a cloud-synced folder."),
        kept=_("Nothing was changed."),
        hint=_("Choose a folder on a disk of this PC; backups may go to the network."),
        place=str(folder),
    )


def _is_network(path: Path) -> bool:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - only there

        drive = ctypes.windll.kernel32.GetDriveTypeW(path.anchor)
        return path.anchor.startswith("\\\\") or drive == _DRIVE_REMOTE
    if sys.platform == "darwin":
        return path.is_relative_to("/Network")
    return _linux_type(path) in NETWORK_TYPES


def _linux_type(path: Path) -> str:
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return ""
    best, kind = "", ""
    for line in mounts.read_text("utf-8", "replace").splitlines():
        _device, point, fstype, *_rest = line.split(" ")
        point = point.replace("\\040", " ")
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, fstype
    return kind
