"""Checks that any window must pass: names, keys, focus, room for words, mirrored layout.

Each function takes a shown widget and returns sentences about what is wrong; none means all is
well. The numbers are success criteria of WCAG 2.2.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from operator import ne

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAccessible, QImage, QKeyEvent, QKeySequence, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTabBar,
    QTableView,
    QTextEdit,
    QWidget,
)

from clinic_desktop.ui.calendar.canvas import Canvas
from clinic_desktop.ui.core.paged_model import EMPTY_CELL, CellKind
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import MIN_TARGET, SPACE_3, contrast
from clinic_desktop.ui.widgets.cells import needed_width, wanted_width
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.overlay import focus_stops, in_reading_order
from clinic_desktop.ui.widgets.page import LowWindow

MOST_CONTROLS = 150
_RING = 2
_BIDI_MARKS = re.compile("[\u2066-\u2069\u200e\u200f]")


def settle() -> None:
    """Let Qt deliver what it has posted: layouts, deletions."""
    for _ in range(2):
        QCoreApplication.sendPostedEvents()


def present(root: QWidget, width: int = 1366, height: int = 768) -> None:
    """Show a screen at the size of the smallest supported window and give it the keyboard."""
    window = root.window()
    window.resize(width, height)
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    settle()


def describe(widget: QWidget) -> str:
    """A widget by its class and its words, for messages."""
    words = widget.objectName() or widget.accessibleName() or _text(widget)
    return f"{type(widget).__name__} “{words}”"


def _text(widget: QWidget) -> str:
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text()
    return widget.placeholderText() if isinstance(widget, QLineEdit) else ""


def _plain(text: str) -> str:
    text = _BIDI_MARKS.sub("", text).replace("&&", "\0").replace("&", "").replace("\0", "&")
    return " ".join(text.split())


def _shown(root: QWidget) -> list[QWidget]:
    return [widget for widget in root.findChildren(QWidget) if widget.isVisible()]


# ---------------------------------------------------------------- names and roles


def naming_problems(root: QWidget) -> list[str]:
    """All the keyboard reaches has a name with its label in it (2.5.3) and a role (4.1.2)."""
    problems = []
    for widget in focus_stops(root):
        seen = QAccessible.queryAccessibleInterface(widget)
        if seen is None:
            problems.append(f"{describe(widget)} is unknown to screen readers")
            continue
        name = _plain(seen.text(QAccessible.Text.Name))
        if not name:
            problems.append(f"{describe(widget)} has no accessible name")
        if seen.role() == QAccessible.Role.Client:
            problems.append(f"{describe(widget)} has no role")
        label = _plain(_text(widget)) if isinstance(widget, QAbstractButton) else ""
        if label and name not in label and label not in name:
            problems.append(f"{describe(widget)} is called “{name}”, which is not its label")
    return problems


def password_problems(root: QWidget) -> list[str]:
    """A field that hides its letters says so, or it would be read aloud."""
    problems = []
    for edit in root.findChildren(QLineEdit):
        seen = QAccessible.queryAccessibleInterface(edit)
        hidden = edit.echoMode() != QLineEdit.EchoMode.Normal
        if hidden and seen is not None and not seen.state().passwordEdit:
            problems.append(f"{describe(edit)} would be spoken aloud")
    return problems


def hint_problems(root: QWidget) -> list[str]:
    """The words in an empty field stay while it has the keyboard; Qt hides them when centred."""
    return [
        f"{describe(edit)} loses “{edit.placeholderText()}” with the focus"
        for edit in root.findChildren(QLineEdit)
        if edit.placeholderText() and edit.alignment() & Qt.AlignmentFlag.AlignHCenter
    ]


def table_problems(root: QWidget) -> list[str]:
    """A table has a name, and each cell says its column."""
    problems = []
    for table in root.findChildren(QTableView):
        model = table.model()
        if not table.accessibleName():
            problems.append(f"{describe(table)} has no name")
        if model is None or not model.rowCount():
            continue
        for column in range(model.columnCount()):
            spoken = model.index(0, column).data(Qt.ItemDataRole.AccessibleTextRole)
            title = model.headerData(column, Qt.Orientation.Horizontal)
            if spoken is not None and str(title) not in str(spoken):
                problems.append(f"{describe(table)}: “{spoken}” does not name its column")
    return problems


# ---------------------------------------------------------------- keys


def key_problems(root: QWidget) -> list[str]:
    """No letter behind Alt and no shortcut is used twice."""
    used: Counter[str] = Counter()
    for widget in _shown(root):
        if not isinstance(widget, QLabel | QAbstractButton) or not widget.isEnabled():
            continue
        if isinstance(widget, QLabel) and widget.buddy() is None:
            continue
        mnemonic = QKeySequence.mnemonic(widget.text()).toString()
        used.update([mnemonic] if mnemonic else [])
    used.update(_shortcuts(root))
    return [f"{keys} is used {count} times" for keys, count in used.items() if count > 1]


def _shortcuts(root: QWidget) -> Iterator[str]:
    for widget in _shown(root):
        keys = widget.shortcut().toString() if isinstance(widget, QAbstractButton) else ""
        if keys and not keys.startswith("Alt+"):
            yield keys
        for action in widget.actions():
            if not action.shortcut().isEmpty() and action.isEnabled():
                yield action.shortcut().toString()
    for shortcut in root.findChildren(QShortcut):
        parent = shortcut.parent()
        if shortcut.isEnabled() and isinstance(parent, QWidget) and parent.isVisible():
            yield shortcut.key().toString()


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the focus is."""
    target = QApplication.focusWidget()
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        if target is not None:
            QApplication.sendEvent(target, QKeyEvent(kind, key, modifiers))


def tab_problems(root: QWidget) -> list[str]:
    """Tab reaches everything, comes back to the start, and goes with the reading (2.1.1, 2.4.3)."""
    stops = focus_stops(root)
    if not stops:
        return []
    stops[0].setFocus(Qt.FocusReason.TabFocusReason)
    walked = [stops[0]]
    for _step in range(2 * len(stops) + 4):
        press(Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now is None or now is walked[0]:
            break
        if now is walked[-1] and not isinstance(now, QTextEdit):
            return [f"Tab does not leave {describe(now)}"]
        if now is not walked[-1]:
            walked.append(now)
    problems = [f"Tab does not reach {describe(w)}" for w in stops if w not in walked]
    return problems + _order_problems(root, [w for w in walked if root.isAncestorOf(w)])


def _order_problems(root: QWidget, walked: list[QWidget]) -> list[str]:
    rtl = root.layoutDirection() == Qt.LayoutDirection.RightToLeft
    problems = []
    # Where Tab comes round to is the one place it may jump back to.
    start = in_reading_order(root, walked)[:1]
    for before, after in pairwise(walked):
        scrolled_away = before.visibleRegion().isEmpty() or after.visibleRegion().isEmpty()
        if [after] == start or scrolled_away:
            continue
        one, two = _seen(before, root), _seen(after, root)
        same_row = one.top() < two.bottom() and two.top() < one.bottom()
        leading = two.left() >= one.right() if rtl else two.right() <= one.left()
        if leading and (same_row or two.bottom() <= one.top()):
            problems.append(f"Tab goes backwards from {describe(before)} to {describe(after)}")
    return problems


def _place(widget: QWidget, root: QWidget) -> QRect:
    return QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())


def _seen(widget: QWidget, root: QWidget) -> QRect:
    """The part of a widget that scroll areas let through."""
    part = widget.visibleRegion().boundingRect()
    return QRect(widget.mapTo(root, part.topLeft()), part.size())


def wheel_problems(root: QWidget) -> list[str]:
    """The wheel changes nothing in a field that does not have the focus."""
    problems = []
    for widget in _shown(root):
        if not isinstance(widget, QComboBox | QAbstractSpinBox) or widget.hasFocus():
            continue
        before = _value(widget)
        middle = QPointF(widget.rect().center())
        turn = QWheelEvent(
            middle, QPointF(widget.mapToGlobal(middle)), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, turn)
        if _value(widget) != before:
            problems.append(f"the wheel changed {describe(widget)}")
    return problems


def _value(widget: QComboBox | QAbstractSpinBox) -> str:
    return widget.currentText() if isinstance(widget, QComboBox) else widget.text()


# ---------------------------------------------------------------- focus that can be seen


def focus_problems(root: QWidget) -> list[str]:
    """Each focus ring is two px thick, all around, 3:1 against what lies beside it (2.4.13)."""
    problems = []
    window = root.window()
    for widget in focus_stops(root):
        _scroll_to(widget)
        window.setFocus(Qt.FocusReason.OtherFocusReason)
        _unfocus()
        framed = _framed(widget)
        area = _place(framed, window).adjusted(-16, -16, 16, 16) & window.rect()
        plain = window.grab(area).toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        settle()
        ringed = window.grab(area).toImage()
        if _changed(plain, ringed) < _ring_pixels(framed, window):
            problems.append(f"{describe(widget)} shows no focus ring")
    if contrast(look().colors.focus, look().colors.surface) < 3:
        problems.append("the focus ring is too pale")
    return problems


def _framed(widget: QWidget) -> QWidget:
    """What the ring goes around: the tile or the frame that an edit lies in, if it lies in one."""
    above = widget.parentWidget()
    while above is not None and isinstance(widget, QLineEdit):
        if above.property("role") in {"field", "inset"}:
            return above
        above = above.parentWidget()
    return widget


def _scroll_to(widget: QWidget) -> None:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget, 12, 12)
        parent = parent.parentWidget()
    settle()


def _unfocus() -> None:
    now = QApplication.focusWidget()
    if now is not None:
        now.clearFocus()


def _ring_pixels(widget: QWidget, window: QWidget) -> int:
    seen = widget.visibleRegion().boundingRect()
    whole = _place(widget, window).adjusted(-4, -4, 4, 4)
    if not window.rect().contains(whole) and not isinstance(widget, QAbstractScrollArea):
        return _RING * (seen.width() + seen.height())  # part of it lies outside the window
    # Corners are round, and the anti-aliased edge counts for half.
    return round(_RING * 2 * (seen.width() + seen.height()) * 0.8)


def _changed(one: QImage, two: QImage) -> int:
    if one.size() != two.size():
        return one.width() * one.height()
    first, second = memoryview(one.constBits()).cast("I"), memoryview(two.constBits()).cast("I")
    return sum(map(ne, first, second))


# ---------------------------------------------------------------- room


def target_problems(root: QWidget) -> list[str]:
    """Nothing to click is smaller than 24 × 24 px (2.5.8)."""
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)
    return [
        f"{describe(widget)} is {widget.width()} × {widget.height()} px"
        for widget in _shown(root)
        if isinstance(widget, kinds)
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and min(widget.width(), widget.height()) < MIN_TARGET
    ]


def clipping_problems(root: QWidget) -> list[str]:
    """No word is cut: not in a label, on a button, on a tab or in a column title (1.4.4)."""
    problems = []
    for widget in _shown(root):
        if isinstance(widget, QLabel) and widget.text():
            problems += _label_clipped(widget)
        elif isinstance(widget, QAbstractButton) and widget.text():
            hint = widget.minimumSizeHint()
            if widget.width() < hint.width() or widget.height() < hint.height() - 2:
                have, need = widget.size(), (hint.width(), hint.height())
                problems.append(f"{describe(widget)} is narrower than its words: {have} {need}")
        elif isinstance(widget, QTabBar):
            problems += _tabs_clipped(widget)
        elif isinstance(widget, QTableView):
            problems += _titles_clipped(widget)
            problems += _cells_clipped(widget) if isinstance(widget, DataTable) else []
    return problems


def _label_clipped(label: QLabel) -> list[str]:
    hint = label.minimumSizeHint()
    if label.wordWrap():
        metrics = label.fontMetrics()
        words = label.text().replace("\u200b", " ").split()  # also where a line may break
        widest = max((metrics.horizontalAdvance(word) for word in words), default=0)
        high = label.heightForWidth(label.width())
        if widest > label.width() + 1 or high > label.height() + 2:
            return [f"{describe(label)} is cut: {label.width()} × {label.height()}"]
        return []
    # A label with a pixmap or its own painting has a hint that is not about its text.
    if label.width() < hint.width() - 1 or label.height() < hint.height() - 2:
        return [f"{describe(label)} is cut: {label.width()} px of {hint.width()}"]
    return []


def _tabs_clipped(bar: QTabBar) -> list[str]:
    return [
        f"tab “{bar.tabText(place)}” is cut"
        for place in range(bar.count())
        if bar.tabRect(place).width() < bar.fontMetrics().horizontalAdvance(bar.tabText(place))
        and not bar.tabToolTip(place)
    ]


def _titles_clipped(table: QTableView) -> list[str]:
    header, model = table.horizontalHeader(), table.model()
    if model is None or header.isHidden():
        return []
    problems = []
    for column in range(model.columnCount()):
        title = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        room = header.sectionSize(column)
        if (
            not table.isColumnHidden(column)
            and header.fontMetrics().horizontalAdvance(title) > room
        ):
            problems.append(f"column title “{title}” is cut")
    return problems


def _cells_clipped(table: DataTable) -> list[str]:
    """No state is cut, and nothing else while another column has more room than it needs."""
    model, width = table.model_, table.viewport().width()
    problems, spare, cut = [], 0, []
    for place, column in enumerate(model.columns):
        if table.isColumnHidden(place):
            continue
        rows = range(
            min(model.rowCount(), table.height() // table.verticalHeader().defaultSectionSize() + 1)
        )
        cells = [each[place] for row in rows if (each := model.cells_at(row)) is not None]
        most = max(cells, key=lambda cell: needed_width(column.kind, cell), default=EMPTY_CELL)
        missing = needed_width(column.kind, most) + 2 * SPACE_3 - table.columnWidth(place)
        title = wanted_width(replace(column, letters=0)) - table.columnWidth(place)
        spare += max(-max(missing, title), 0) if column.stretch else 0
        cut += [(missing, column, most)] if missing > 0 else []
    for missing, column, cell in cut:
        if column.kind is CellKind.PILL or missing <= spare:
            problems.append(f"“{cell.text}” in “{column.title}” is cut: {missing} of {width} px")
    return problems


def scroll_problems(root: QWidget, width: int = 1366, height: int = 768) -> list[str]:
    """The screen fits the smallest window; nothing but a table scrolls sideways (1.4.10).

    The sheet of the calendar is a table too: its columns are days and rooms.
    """
    problems = []
    least = root.window().minimumSizeHint()
    if least.width() > width or least.height() > height:
        problems.append(f"needs {least.width()} × {least.height()} px")
    for area in root.findChildren(QScrollArea):
        content = area.widget()
        if not area.isVisible() or content is None or isinstance(content, Canvas):
            continue
        if isinstance(area, LowWindow) and look().appearance.scale <= 100:
            hidden = area.verticalScrollBar().maximum()
            problems += [f"the whole screen scrolls by {hidden} px"] if hidden else []
        if area.horizontalScrollBar().maximum() > 0:
            problems.append(f"{describe(area)} scrolls sideways")
        if content.width() > area.viewport().width() + 1:
            problems.append(f"{describe(area)} hides {content.width()} px of content")
    return problems


def count_problems(root: QWidget) -> list[str]:
    """A page has few enough controls for a screen reader to keep up."""
    count = sum(widget.focusPolicy() != Qt.FocusPolicy.NoFocus for widget in _shown(root))
    return [f"{count} live controls"] if count >= MOST_CONTROLS else []


# ---------------------------------------------------------------- direction and language


def places(root: QWidget) -> dict[int, QRect]:
    """Where each thing stands that the keyboard reaches."""
    return {id(widget): _place(widget, root) for widget in focus_stops(root)}


def _places_at_rest(root: QWidget) -> dict[int, QRect]:
    """Where each thing stands once nothing moves any more: a scroll bar comes a step later."""
    found: dict[int, QRect] = {}
    for _round in range(10):
        settle()
        QApplication.processEvents()
        before, found = found, places(root)
        if found == before:
            break
    return found


def mirror_problems(root: QWidget) -> list[str]:
    """Turned to right-to-left, everything stands at the mirrored place."""
    before, direction = _places_at_rest(root), QApplication.layoutDirection()
    named = {id(widget): describe(widget) for widget in focus_stops(root)}
    rtl = direction == Qt.LayoutDirection.RightToLeft
    turned = Qt.LayoutDirection.LeftToRight if rtl else Qt.LayoutDirection.RightToLeft
    QApplication.setLayoutDirection(turned)
    after, width = _places_at_rest(root), root.width()
    QApplication.setLayoutDirection(direction)
    settle()
    problems = []
    for key in before.keys() & after.keys():
        wanted = width - before[key].x() - before[key].width()
        if abs(after[key].x() - wanted) > 2 and not _inside_fixed_direction(root, key):
            problems.append(f"{named[key]} stands at {after[key].x()} instead of {wanted}")
    return problems


def _inside_fixed_direction(root: QWidget, key: int) -> bool:
    """Whether a number with its unit or a plot keeps its direction on purpose."""
    for widget in root.findChildren(QWidget):
        if id(widget) == key:
            chain: QWidget | None = widget
            while chain is not None and chain is not root:
                if chain.testAttribute(Qt.WidgetAttribute.WA_SetLayoutDirection):
                    return True
                chain = chain.parentWidget()
    return False


def words_of(root: QWidget) -> Iterator[str]:
    """Every text a person can read or hear on a screen."""
    for widget in [root, *_shown(root)]:
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
            yield from widget.text().splitlines()
        elif isinstance(widget, QLineEdit | QTextEdit):
            yield widget.placeholderText()
        elif isinstance(widget, QTabBar):
            yield from (widget.tabText(place) for place in range(widget.count()))
        elif isinstance(widget, QComboBox):
            yield from (widget.itemText(place) for place in range(widget.count()))
        elif isinstance(widget, QTableView) and widget.model() is not None:
            model = widget.model()
            yield from (
                str(model.headerData(column, Qt.Orientation.Horizontal) or "")
                for column in range(model.columnCount())
            )


def english_problems(root: QWidget, catalogue: Mapping[str, str]) -> list[str]:
    """Source words still on a translated screen; ``catalogue`` maps source to translation."""
    foreign = {_plain(source) for source, own in catalogue.items() if own and own != source}
    left = {_plain(text) for text in words_of(root)} & foreign
    own = {_plain(text) for text in catalogue.values()}
    return [f"“{text}” is not translated" for text in sorted(left - own)]


ALL = (
    naming_problems,
    password_problems,
    hint_problems,
    table_problems,
    key_problems,
    tab_problems,
    wheel_problems,
    target_problems,
    count_problems,
)
"""Checks that hold in every theme and language."""
ROOM = (clipping_problems, scroll_problems)
"""Checks to repeat with long words and large text."""


def problems(root: QWidget, checks: Iterable[object] = ALL) -> list[str]:
    """All sentences of several checks."""
    settle()
    return [text for check in checks for text in check(root)]  # type: ignore[operator]
