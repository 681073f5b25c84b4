"""The settings: pages on one side, found by any word; the page on the other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.i18n import _
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination, Settings
from clinic_desktop.ui.settings.page import SettingsPage
from clinic_desktop.ui.settings.pages import OWN, PageSpec, page_specs
from clinic_desktop.ui.settings.schedule_hours import HoursPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pages import Pages
from clinic_desktop.ui.widgets.search_field import SearchField

_LIST_WIDTH, _LIST_MOST = 232, 320
_PAGE_WIDTH = 960


class SettingsView(Screen):
    """``Settings(page)`` opens a page by its name."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("settings")
        self.setProperty("role", "page")
        specs = page_specs()
        self._specs = {
            spec.key: spec
            for spec in specs
            if (not spec.permission or allowed(context.actor, spec.permission))
            and (not context.actor.insurer or spec.key in OWN)
        }
        self._pages: dict[str, QWidget] = {}
        self._build()
        self._fill("")

    def _build(self) -> None:
        self.search = SearchField(_("Find a setting…"))
        self.search.edit.setObjectName("settings.search")
        self.search.searched.connect(self._fill)
        self.search.entered.connect(lambda _text: self._open_first())
        self.search.stepped.connect(self._on_step)
        self.list = _Titles()
        self.list.setObjectName("settings.pages")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setAccessibleName(_("Pages of the settings"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setWordWrap(True)
        self.list.currentItemChanged.connect(self._on_current)
        self._nothing = Label(_("No setting has this word."), tone="muted", wrap=True)
        self._nothing.hide()
        self._side = QWidget()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(SPACE_2)
        side.addWidget(Label(_("Settings"), "page"))
        side.addWidget(self.search)
        side.addWidget(self._nothing)
        side.addWidget(self.list, 1)
        self.stack = Pages()
        self.stack.setMaximumWidth(max(_PAGE_WIDTH, look().px(_PAGE_WIDTH)))
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_3)
        row.setSpacing(SPACE_5)
        row.addWidget(self._side)
        row.addWidget(self.stack, 1000)
        row.addStretch(1)
        self._dress()

    # ------------------------------------------------------------ the screen's contract

    def go_to(self, destination: Destination) -> None:
        """Open a page; without a name the one shown last, or the first."""
        wanted = destination.page if isinstance(destination, Settings) else ""
        if wanted in self._specs:
            self.search.edit.clear()
            self._fill("")
            self._select(wanted)
        elif self.list.currentItem() is None:
            self._open_first()
        else:
            self._load(self.shown)
        self.list.setFocus()
        page = self.stack.currentWidget()
        if isinstance(destination, Settings) and destination.item and isinstance(page, HoursPage):
            page.show_item(destination.item)

    def screen_actions(self) -> tuple[Action, ...]:
        """Every page can be asked for by name from anywhere."""
        return (
            Action("settings.find", _("Find a setting"), self._focus_search, "Ctrl+F",
                   Icon.SEARCH, _("Settings")),
        )  # fmt: skip

    def _focus_search(self) -> None:
        self.search.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.edit.selectAll()

    @property
    def shown(self) -> str:
        """The name of the page shown."""
        item = self.list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    def page(self, key: str) -> QWidget:
        """A page, made when it is first wanted."""
        if key not in self._pages:
            self._pages[key] = self._specs[key].make(self.context)
            self.stack.addWidget(self._pages[key])
        return self._pages[key]

    # ------------------------------------------------------------ the list

    def _fill(self, text: str) -> None:
        before = self.shown
        words = fold(text).split()
        found = [spec for spec in self._specs.values() if _fits(spec, words)]
        self.list.blockSignals(True)
        self.list.clear()
        for spec in found:
            item = QListWidgetItem(spec.title)
            item.setData(Qt.ItemDataRole.UserRole, spec.key)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._size_items()
        self._nothing.setVisible(not found)
        if before:
            self._select(before)

    def _select(self, key: str) -> None:
        for place in range(self.list.count()):
            item = self.list.item(place)
            if item.data(Qt.ItemDataRole.UserRole) == key:
                self.list.setCurrentItem(item)

    def _open_first(self) -> None:
        if self.list.count():
            self.list.setCurrentRow(0)

    def _on_step(self, by: int) -> None:
        row = self.list.currentRow() + by
        self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))

    def _on_current(
        self, item: QListWidgetItem | None, before: QListWidgetItem | None = None
    ) -> None:
        # Not by colour alone.
        if before is not None:
            before.setFont(look().font("body"))
        if item is not None:
            item.setFont(look().font("strong"))
            self._load(str(item.data(Qt.ItemDataRole.UserRole)))

    def _load(self, key: str) -> None:
        page = self.page(key)
        self.stack.setCurrentWidget(page)
        if isinstance(page, SettingsPage):
            page.load()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        # Large text may wrap here; the page needs the room.
        self._side.setFixedWidth(min(look().px(_LIST_WIDTH), _LIST_MOST))
        self.stack.setMaximumWidth(max(_PAGE_WIDTH, look().px(_PAGE_WIDTH)))
        self._size_items()

    def _size_items(self) -> None:
        """A title too long for the list gets a second line; Qt would cut it."""
        edge = self.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 1
        bar = self.list.verticalScrollBar().sizeHint().width()
        room = self._side.width() - 2 * (SPACE_3 + edge) - bar
        box, wrap = QRect(0, 0, room, 0), int(Qt.TextFlag.TextWordWrap)
        for place in range(self.list.count()):
            item = self.list.item(place)
            item.setFont(look().font("strong" if item is self.list.currentItem() else "body"))
            words = look().metrics("strong").boundingRect(box, wrap, item.text()).height()
            item.setSizeHint(QSize(0, max(words + SPACE_2, look().control_height)))
        self.list.keep_in_sight()


class _Titles(QListWidget):
    """Keeps the whole line of the page that is open in sight, at any height and text size."""

    def __init__(self) -> None:
        super().__init__()
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def keep_in_sight(self) -> None:
        if (item := self.currentItem()) is not None:
            self.scrollToItem(item)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.keep_in_sight()


def _fits(spec: PageSpec, words: list[str]) -> bool:
    text = fold(f"{spec.title} {spec.keywords}")
    return all(word in text for word in words)
