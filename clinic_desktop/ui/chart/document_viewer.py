"""Looks at one document: pages of a PDF, a picture, or plain words."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.documents import DocumentContent
from clinic_desktop.services.documents_pages import PagePicture, draw_page
from clinic_desktop.ui.chart import words
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_2
from clinic_desktop.ui.widgets.buttons import IconButton
from clinic_desktop.ui.widgets.card import Card
from clinic_desktop.ui.widgets.column import Column, scrolled
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.label import Label


class DocumentViewer(QWidget):
    """Page keys and buttons turn the pages."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._content: DocumentContent | None = None
        self._page = self._pages = 0
        self.card = Card(_("Document"))
        self.back = IconButton(Icon.CHEVRON_LEFT, _("Page before"))
        self.on = IconButton(Icon.CHEVRON_RIGHT, _("Next page"))
        self.back.clicked.connect(lambda: self.turn(-1))
        self.on.clicked.connect(lambda: self.turn(1))
        self.place = Label("", "caption", "muted")
        self.picture = QLabel()
        self.picture.setProperty("role", "card")
        self.text = Label("", wrap=True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._stack = QStackedWidget()
        self._build()

    def _build(self) -> None:
        turner = QWidget()
        row = QHBoxLayout(turner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_2)
        for widget in (self.back, self.place, self.on):
            row.addWidget(widget)
        self._turner = turner
        self.card.header.add_action(turner)
        pages, texts = Column(), Column()
        pages.body.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        pages.body.addStretch(1)
        texts.body.addWidget(self.text)
        texts.body.addStretch(1)
        self._stack.addWidget(EmptyState(Icon.DOCUMENT, _("Choose a document to look at it")))
        self._stack.addWidget(scrolled(pages))
        self._stack.addWidget(scrolled(texts))
        self.card.add(self._stack, 1)
        root = QVBoxLayout(self)
        root.setContentsMargins(0, 0, 0, 0)
        root.addWidget(self.card)
        self.clear()

    def clear(self) -> None:
        """Nothing is chosen."""
        self._content = None
        self._stack.setCurrentIndex(0)
        self.card.header.set_title(_("Document"))
        self._turner.hide()

    def show_content(self, content: DocumentContent) -> None:
        """Look at a document, at its first page."""
        self._content, self._page, self._pages = content, 0, 1
        row = content.row
        self.card.header.set_title(
            row.title, words.joined(isolate(words.day_of(row.dated_at)), row.kind, row.author)
        )
        self._turner.hide()
        if content.data:
            self._stack.setCurrentIndex(1)
            self._draw()
        else:
            self.text.setText(content.words or _("This document holds no text."))
            self._stack.setCurrentIndex(2)

    def show_words(self, told: str) -> None:
        """Say why nothing is shown."""
        self.clear()
        self.text.setText(told)
        self._stack.setCurrentIndex(2)

    def turn(self, by: int) -> None:
        """Go to another page."""
        wanted = min(max(self._page + by, 0), self._pages - 1)
        if wanted != self._page:
            self._page = wanted
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the page as wide as there is room."""
        super().resizeEvent(event)
        if self._content is not None and self._content.data and self.isVisible():
            self._draw()

    def _draw(self) -> None:
        content = self._content
        if content is None:
            return
        ratio = self.devicePixelRatioF()
        width = max(round((self._stack.width() - 24) * ratio), 100)
        self._context.tasks.call(
            self,
            draw_page,
            content.data,
            content.row.mime,
            self._page,
            width,
            done=lambda drawn: self._show(content, drawn),
            failed=self._context.host.show_error,
        )

    def _show(self, content: DocumentContent, drawn: PagePicture) -> None:
        if content is not self._content:
            return
        self.picture.setPixmap(pixmap(drawn, self.devicePixelRatioF()))
        self._pages = drawn.pages
        place = _("Page {page} of {pages}").format(page=self._page + 1, pages=self._pages)
        self.place.setText(place)
        self.picture.setAccessibleName(f"{content.row.title}, {place}")
        self._turner.setVisible(self._pages > 1)
        self.back.setEnabled(self._page > 0)
        self.on.setEnabled(self._page < self._pages - 1)


def pixmap(drawn: PagePicture, ratio: float = 1.0) -> QPixmap:
    """A drawn page for the window; ``ratio`` is that of the screen."""
    image = QImage(
        drawn.rgb, drawn.width, drawn.height, drawn.width * 3, QImage.Format.Format_RGB888
    )
    made = QPixmap.fromImage(image.copy())
    made.setDevicePixelRatio(ratio)
    return made
