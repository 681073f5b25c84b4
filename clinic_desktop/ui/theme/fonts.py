"""The window's typefaces: the system's own, with Noto where a script has none.

Weights are set on the font, not in QSS: a variable font from a file answers to its
``wght`` axis only, and QSS cannot set an axis.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from clinic_desktop.ui.theme.tokens import TYPE

_WEIGHT_AXIS = QFont.Tag("wght")
_TABULAR = QFont.Tag("tnum")
_GENERIC = ("", "Sans Serif", "Sans", "DejaVu Sans", "MS Shell Dlg 2")
"""What Qt reports where the desktop names no typeface of its own."""
_WS = QFontDatabase.WritingSystem
_SCRIPTS = {
    "Noto Sans": (_WS.Cyrillic, "fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
    "Noto Sans Arabic": (
        _WS.Arabic,
        "fontpkg_noto_sans_arabic",
        "files/NotoSansArabic[wdth,wght].ttf",
    ),
    "Noto Sans Hebrew": (
        _WS.Hebrew,
        "justmytype_intl_rtl",
        "fonts/ofl/notosanshebrew/NotoSansHebrew[wdth,wght].ttf",
    ),
    "Noto Sans Devanagari": (
        _WS.Devanagari,
        "fontpkg_noto_sans_devanagari",
        "files/NotoSansDevanagari[wdth,wght].ttf",
    ),
}
_families: list[str] = []


def _package_file(package: str, path: str) -> Path:
    # find_spec does not run the package, which would cost start-up time.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(package)
    return Path(next(iter(spec.submodule_search_locations))) / path


def families() -> list[str]:
    """The typefaces in order of preference; bundled ones are loaded on the first call."""
    if not _families:
        system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
        generic = system in _GENERIC
        _families.extend([] if generic else [system])
        for family, (script, package, path) in _SCRIPTS.items():
            if generic or not QFontDatabase.families(script):
                QFontDatabase.addApplicationFont(str(_package_file(package, path)))
                _families.append(family)
        _families.extend([system] if generic and system else [])
    return _families


def _points(points: float, scale: int) -> float:
    # macOS draws 72 points to the inch where the others draw 96.
    screen = QGuiApplication.primaryScreen()
    dpi = screen.logicalDotsPerInch() if screen else 96.0
    return points * scale / 100 * (96 / dpi if dpi < 96 else 1.0)


def font(role: str, scale: int, *, tabular: bool = False) -> QFont:
    """The font of a step of the type scale; ``tabular`` gives every digit the same width."""
    step = TYPE[role]
    made = QFont()
    made.setFamilies(families())
    made.setPointSizeF(_points(step.points, scale))
    if families()[0] in _SCRIPTS:
        made.setVariableAxis(_WEIGHT_AXIS, step.weight)
    else:
        made.setWeight(QFont.Weight(step.weight))
    if tabular:
        made.setFeature(_TABULAR, 1)
    return made
