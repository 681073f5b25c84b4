"""Lucide outline icons, coloured from the look at the moment they are drawn."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from clinic_desktop.ui.theme.look import look


class Icon(StrEnum):
    """Every icon the program uses: our word for it, Lucide's name."""

    ADD = "plus"
    ALERT = "triangle-alert"
    ALLERGY = "shield-alert"
    ARCHIVE = "archive"
    ARRIVED = "door-open"
    BACK = "arrow-left"
    BACKUP = "hard-drive"
    BARCODE = "barcode"
    BILLING = "receipt-text"
    BOOK = "calendar-plus"
    BUILDING = "building"
    CALENDAR = "calendar-days"
    CALL = "phone"
    CAMERA = "camera"
    CARD = "credit-card"
    CASH = "banknote"
    CHART = "chart-line"
    CHECK = "check"
    CHEVRON_DOWN = "chevron-down"
    CHEVRON_LEFT = "chevron-left"
    CHEVRON_RIGHT = "chevron-right"
    CHEVRON_UP = "chevron-up"
    CLIPBOARD = "clipboard-list"
    CLOCK = "clock"
    CLOSE = "x"
    COINS = "coins"
    CONFLICT = "git-compare"
    CONTRAST = "contrast"
    COPY = "copy"
    DATABASE = "database"
    DELETE = "trash-2"
    DIAGNOSIS = "stethoscope"
    DOCUMENT = "file-text"
    DOWN = "arrow-down"
    DOWNLOAD = "download"
    DRAG = "grip-vertical"
    EDIT = "pencil"
    EMAIL = "mail"
    ENTER = "corner-down-left"
    ERROR = "octagon-alert"
    EXTERNAL = "external-link"
    FILTER = "list-filter"
    FLAG = "flag"
    FOLDER = "folder"
    FORWARD = "arrow-right"
    GRID = "layout-grid"
    HEART = "heart-pulse"
    HELP = "circle-question-mark"
    HIDE = "eye-off"
    HISTORY = "history"
    HOME = "house"
    ID_CARD = "id-card"
    IMAGE = "image"
    INBOX = "inbox"
    INDENT = "list-indent-increase"
    INFO = "info"
    KEY = "key"
    KEYBOARD = "keyboard"
    LAB = "flask-conical"
    LANGUAGE = "languages"
    LINK = "link"
    LIST = "list"
    LOCK = "lock"
    LOG_OUT = "log-out"
    MEDICINE = "pill"
    MENU = "menu"
    MERGE = "merge"
    MESSAGE = "message-square"
    MINUS = "minus"
    MORE = "ellipsis"
    MOVE = "arrow-right-left"
    NOTE = "notebook-pen"
    NOTIFICATION = "bell"
    OFFLINE = "cloud-off"
    OK = "circle-check"
    ONLINE = "cloud"
    PASTE = "clipboard"
    PATIENT = "user-round"
    PATIENTS = "users"
    PATIENT_ADD = "user-plus"
    PERCENT = "percent"
    PHOTO = "image-plus"
    PIN = "pin"
    PRINT = "printer"
    QR = "qr-code"
    RECALL = "bell-ring"
    RECEIPT = "receipt"
    REDO = "redo-2"
    REFRESH = "refresh-cw"
    REPEAT = "repeat"
    REPORTS = "chart-column"
    ROOM = "armchair"
    SAVE = "save"
    SCALE = "scale"
    SCAN = "scan-line"
    SEARCH = "search"
    SEND = "send"
    SERVER = "server"
    SETTINGS = "settings"
    SHIELD = "shield-check"
    SHOW = "eye"
    SIGN = "signature"
    SORT = "arrow-up-down"
    STAR = "star"
    START = "play"
    STOCK = "package"
    STOP = "ban"
    SUN = "sun"
    SYNC = "arrow-down-up"
    SWITCH_USER = "user-cog"
    TABLE = "table"
    TAG = "tag"
    TEMPERATURE = "thermometer"
    TEXT_SIZE = "a-large-small"
    TIMELINE = "list-tree"
    TODAY = "layout-list"
    TREND_DOWN = "trending-down"
    TREND_UP = "trending-up"
    UNDO = "undo-2"
    UNLOCK = "lock-open"
    UP = "arrow-up"
    UPLOAD = "upload"
    USB = "usb"
    VACCINE = "syringe"
    VITALS = "activity"
    WALK_IN = "footprints"
    WALLET = "wallet"
    WEIGHT = "weight"


MIRRORED = frozenset(
    {
        Icon.BACK,
        Icon.FORWARD,
        Icon.CHEVRON_LEFT,
        Icon.CHEVRON_RIGHT,
        Icon.UNDO,
        Icon.REDO,
        Icon.SEND,
        Icon.INDENT,
        Icon.LIST,
        Icon.LOG_OUT,
        Icon.ENTER,
        Icon.EXTERNAL,
        Icon.TODAY,
        Icon.TIMELINE,
        Icon.SIGN,
    }
)
"""Icons that point along the line of reading, so they turn round where text runs leftwards."""


@cache
def _archive() -> zipfile.ZipFile:
    spec = find_spec("justmyresource_lucide")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("justmyresource_lucide")
    folder = next(iter(spec.submodule_search_locations))
    return zipfile.ZipFile(Path(folder) / "icons.zip")


@cache
def svg(name: str) -> str:
    """The drawing of an icon, with ``currentColor`` as its stroke. Raises KeyError."""
    return _archive().read(f"{name}.svg").decode()


@lru_cache(maxsize=1024)
def _image(name: str, color: str, side: int, mirrored: bool) -> QImage:
    drawing = svg(name).replace("currentColor", color)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return image.flipped(Qt.Orientation.Horizontal) if mirrored else image


def _rtl() -> bool:
    return QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft


def image(name: str, role: str, side: int, ratio: float = 1.0) -> QImage:
    """An icon in a colour role, ``side`` px wide on a screen of that pixel ratio."""
    color = getattr(look().colors, role)
    drawn = _image(name, color, max(round(side * ratio), 1), name in MIRRORED and _rtl())
    drawn = QImage(drawn)
    drawn.setDevicePixelRatio(ratio)
    return drawn


def paint(painter: QPainter, rect: QRect, name: str, role: str = "text2") -> None:
    """Draw an icon in the middle of ``rect``, for delegates and painted widgets."""
    side = min(rect.width(), rect.height())
    ratio = painter.device().devicePixelRatio()
    middle = rect.center() - QPoint(side // 2 - 1, side // 2 - 1)
    painter.drawImage(middle, image(name, role, side, ratio))


def _box(rect: QRect) -> QRect:
    """Where the icon stands: a wider box has air behind it, so that words do not touch it."""
    box = QRect(rect.topLeft(), QSize(rect.height(), rect.height()))
    if rect.width() > rect.height() and _rtl():
        box.moveRight(rect.right())
    return rect if rect.width() < rect.height() else box


@lru_cache(maxsize=1024)
def _boxed(
    name: str, role: str, width: int, height: int, scale: float, *_follows: object
) -> QImage:
    """An icon in its box, drawn once for all that it follows: the colour, the direction."""
    drawn = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    drawn.fill(Qt.GlobalColor.transparent)
    drawn.setDevicePixelRatio(scale)
    painter = QPainter(drawn)
    paint(painter, _box(QRect(QPoint(0, 0), QSize(width, height) / scale)), name, role)
    painter.end()
    return drawn


class _Engine(QIconEngine):
    def __init__(self, name: str, role: str, on_role: str) -> None:
        super().__init__()
        self._name, self._role, self._on_role = name, role, on_role

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role, self._on_role)

    def _color_role(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        if mode == QIcon.Mode.Disabled:
            return "disabled"
        return self._on_role if state == QIcon.State.On else self._role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        paint(painter, _box(rect), self._name, self._color_role(mode, state))

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        role = self._color_role(mode, state)
        color = getattr(look().colors, role)
        drawn = _boxed(self._name, role, size.width(), size.height(), scale, color, _rtl())
        return QPixmap.fromImage(drawn)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)


def icon(name: str, role: str = "text", on_role: str = "") -> QIcon:
    """A QIcon that follows the theme; ``role`` names a colour of ``tokens.Colors``.

    ``on_role`` is its colour while a checkable button is on.
    """
    return QIcon(_Engine(name, role, on_role or role))
