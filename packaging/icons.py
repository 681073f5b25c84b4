"""Turn our mark (resources/icons/clinic-desktop.svg) into the icon files of the three systems."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

MARK = Path(__file__).resolve().parent.parent / "resources" / "icons" / "clinic-desktop.svg"
SIDES = (16, 24, 32, 48, 64, 128, 256)


def drawn(side: int) -> Image.Image:
    """The mark, ``side`` pixels wide and high."""
    image = QImage(side, side, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(MARK)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return Image.frombytes("RGBA", (side, side), bytes(image.constBits()))


def write_icons(folder: Path) -> None:
    """Write clinic-desktop.ico, .icns and .png; each size is drawn, not scaled down."""
    application = QGuiApplication.instance() or QGuiApplication(["icons"])
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [drawn(side) for side in SIDES]
    sizes[-1].save(
        folder / "clinic-desktop.ico",
        sizes=[(side, side) for side in SIDES],
        append_images=sizes[:-1],
    )
    drawn(1024).save(folder / "clinic-desktop.icns", append_images=[drawn(512), *sizes[2:]])
    drawn(512).save(folder / "clinic-desktop.png")
    del application
