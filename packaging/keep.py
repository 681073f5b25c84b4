"""What of the libraries' own files goes into the program folder, and what we leave out."""

from __future__ import annotations

import re
from pathlib import PurePath

LANGUAGES = ("en", "ru", "ar", "he", "hi")
"""Languages of the window and of the papers."""

LEFT_OUT = re.compile(
    r"""
      (lib)?Qt6?(Qml|Quick|Sql|Designer|Help|OpenGL|VirtualKeyboard|Pdf|LabsPlatform|Labs)
    | /(qmltooling|qmllint|sqldrivers|designer|egldeviceintegrations|vectorimageformats)/
    | /wayland-graphics-integration-server/
    | plugins/platforms/lib(qeglfs|qlinuxfb|qminimalegl|qvkkhrdisplay|qvnc)
    | plugins/imageformats/libqpdf
    | plugins/platforminputcontexts/libqtvirtualkeyboard
    | plugins/platformthemes/libqgtk3
    | PySide6/(Qt/)?qml/
    | reportlab/fonts/DarkGarden      # GPL, and not used
    | justmytype_intl_rtl/fonts/ofl/(?!notosanshebrew)
    | /article/ | /DESCRIPTION
    | holidays/locale/(?!(en|ru|ar|he|hi)[_/])
    """,
    re.VERBOSE,
)


def keeps(name: str) -> bool:
    """Whether a file belongs into the program folder."""
    return not LEFT_OUT.search(PurePath(name).as_posix())


def wanted_locale(name: str) -> bool:
    """Whether a locale file is of a language we speak; other files pass."""
    path = PurePath(name)
    if path.parts[:2] == ("babel", "locale-data"):
        return path.stem.split("_")[0] in {*LANGUAGES, "root"} or path.suffix != ".dat"
    if "translations" in path.parts and path.suffix == ".qm":
        return path.stem.startswith("qtbase_") and path.stem.split("_")[1] in LANGUAGES
    return True
