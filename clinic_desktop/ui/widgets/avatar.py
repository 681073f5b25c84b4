"""A face: the photo, or the initials while there is none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from clinic_desktop.ui.theme.lettering import MIDDLE, Face, draw
from clinic_desktop.ui.theme.look import look


def initials(family: str, given: str) -> str:
    """One or two letters for a name; "?" when there is no name."""
    letters = [part.strip()[0] for part in (family, given) if part.strip()]
    return "".join(letters).upper() or "?"


def paint_avatar(
    painter: QPainter, rect: QRect, text: str, *, strong: bool = False, ground: str = "accent_bg"
) -> None:
    """A disc with initials; ``ground`` is the colour role of a pale disc."""
    colors = ("accent", "on_accent") if strong else (ground, "accent_fg")
    background, foreground = (look().color(role) for role in colors)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(background)
    painter.setPen(foreground if look().high_contrast else Qt.PenStyle.NoPen)
    painter.drawEllipse(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
    painter.setPen(foreground)
    face = Face("strong", pixels=max(round(rect.height() * 0.38), 9))
    draw(painter, rect, text, face, MIDDLE)
    painter.restore()


class Avatar(QLabel):
    """A round photo or initials, ``side`` px at 100 % text size. ``name`` is read out."""

    def __init__(
        self,
        text: str,
        name: str,
        side: int = 44,
        *,
        strong: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text, self._side, self._strong = text, side, strong
        self._photo = QPixmap()
        self.setAccessibleName(name)
        self._dress()

    def set_photo(self, photo: bytes) -> None:
        """Show a photo (PNG or JPEG bytes); bytes that are no picture leave the initials."""
        self._photo = QPixmap()
        self._photo.loadFromData(photo)
        self.update()

    def set_person(self, text: str, name: str) -> None:
        """Show another person, without a photo yet."""
        self._text = text
        self._photo = QPixmap()
        self.setAccessibleName(name)
        self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(look().px(self._side), look().px(self._side))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        self.setFixedSize(self.sizeHint())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the disc."""
        painter = QPainter(self)
        if self._photo.isNull():
            paint_avatar(painter, self.rect(), self._text, strong=self._strong)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            disc = QPainterPath()
            disc.addEllipse(QRectF(self.rect()))
            painter.setClipPath(disc)
            side = min(self._photo.width(), self._photo.height())
            source = QRect(0, 0, side, side)
            source.moveCenter(self._photo.rect().center())
            painter.drawPixmap(self.rect(), self._photo, source)
        painter.end()
