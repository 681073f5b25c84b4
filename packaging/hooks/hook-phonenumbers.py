"""Numbers of every country, without places, carriers and time zones of their prefixes (40 MB)."""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = [
    *collect_submodules("phonenumbers.data"),
    *collect_submodules("phonenumbers.shortdata"),
]
