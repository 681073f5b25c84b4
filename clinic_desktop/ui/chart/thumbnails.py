"""Small pictures of documents beside their titles, drawn when they come into sight."""

from __future__ import annotations

import uuid

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView

from clinic_desktop.errors import ClinicError
from clinic_desktop.services import documents
from clinic_desktop.services.documents import DocumentContent, DocumentRow
from clinic_desktop.services.documents_pages import PagePicture, draw_page
from clinic_desktop.ui.chart.document_viewer import pixmap
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.paged_model import Cell, CellKind
from clinic_desktop.ui.theme import icons
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import ICON_SIZE, SPACE_1, SPACE_2
from clinic_desktop.ui.widgets.cells import CellDelegate, Spot, paint_lines

MOST_KEPT = 300
THUMBNAIL = 44
"""Longer side of a small picture, in pixels at 100 %."""


class ThumbnailDelegate(CellDelegate):
    """Draws the first column of the documents; one picture is made at a time."""

    def __init__(self, context: Context, view: QAbstractItemView) -> None:
        super().__init__(view, [CellKind.STRONG])
        self._context, self._view = context, view
        self._pictures: dict[uuid.UUID, QPixmap] = {}
        self._wanted: list[uuid.UUID] = []
        self._busy = False

    def paint_cell(self, painter: QPainter, spot: Spot, row: object, cell: Cell) -> None:
        """The picture, or an icon, and two lines."""
        if not isinstance(row, DocumentRow):
            super().paint_cell(painter, spot, row, cell)
            return
        rect = spot.rect
        side = min(rect.height() - SPACE_1, look().px(THUMBNAIL))
        box = QRect(rect.left(), rect.center().y() - side // 2, side, side)
        room = rect.adjusted(side + SPACE_2, 0, 0, 0)
        if spot.direction == Qt.LayoutDirection.RightToLeft:
            box.moveRight(rect.right())
            room = rect.adjusted(0, 0, -side - SPACE_2, 0)
        self._paint_picture(painter, box, row)
        paint_lines(painter, room, cell, spot.direction, role="strong")

    def _paint_picture(self, painter: QPainter, box: QRect, row: DocumentRow) -> None:
        picture = self._pictures.get(row.id)
        if picture is None or picture.isNull():
            mark = QRect(0, 0, look().px(ICON_SIZE), look().px(ICON_SIZE))
            mark.moveCenter(box.center())
            icons.paint(painter, mark, Icon.DOCUMENT if row.mime else Icon.NOTE, "text2")
            if picture is None and row.mime:
                self._want(row.id)
            return
        shown = picture.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, shown.width(), shown.height())
        place.moveCenter(box.center())
        painter.drawPixmap(place, picture)
        painter.setPen(look().color("border"))
        painter.drawRect(place)

    def _want(self, document_id: uuid.UUID) -> None:
        if document_id not in self._wanted:
            self._wanted.append(document_id)
            if not self._busy:
                QTimer.singleShot(0, self, self._next)

    def _next(self) -> None:
        if self._busy or not self._wanted:
            return
        self._busy = True
        wanted = self._wanted[-1]  # the newest is the one in sight after a long scroll
        self._context.tasks.read(
            self,
            documents.document_content,
            wanted,
            done=self._draw,
            failed=lambda error: self._give_up(wanted, error),
        )

    def _draw(self, content: DocumentContent) -> None:
        wanted = content.row.id
        width = round(look().px(THUMBNAIL) * self._view.devicePixelRatioF())
        self._context.tasks.call(
            self,
            draw_page,
            content.data,
            content.row.mime,
            0,
            width,
            done=lambda drawn: self._keep(wanted, drawn),
            failed=lambda error: self._give_up(wanted, error),
        )

    def _keep(self, document_id: uuid.UUID, drawn: PagePicture) -> None:
        self._finish(document_id, pixmap(drawn))

    def _give_up(self, document_id: uuid.UUID, _error: ClinicError) -> None:
        self._finish(document_id, QPixmap())  # its icon stays

    def _finish(self, document_id: uuid.UUID, picture: QPixmap) -> None:
        if len(self._pictures) >= MOST_KEPT:
            self._pictures.pop(next(iter(self._pictures)))
        self._pictures[document_id] = picture
        self._wanted.remove(document_id)
        self._busy = False
        self._view.viewport().update()
        self._next()
