"""Where one is in the steps: done, here, still to come."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.ui.theme.tokens import SPACE_2, Tone
from clinic_desktop.ui.widgets.announce import announce
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.pill import Glyph, Pill, PillSpec


class Stepper(QWidget):
    """One pill for each step, with a glyph and not by colour alone."""

    def __init__(self, titles: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        self._pills = [Pill(PillSpec(title)) for title in titles]
        flow = FlowLayout(self, gap=SPACE_2)
        for pill in self._pills:
            flow.addWidget(pill)

    def set_current(self, place: int, skipped: Collection[int] = ()) -> None:
        """Be at a step, counted from 0; those put off until later are not shown as done."""
        for number, (pill, title) in enumerate(zip(self._pills, self._titles, strict=True)):
            text = f"{isolate(current().number(number + 1))}  {title}"
            if number < place and number not in skipped:
                pill.set_spec(PillSpec(text, Tone.OK, Glyph.FULL))
            elif number == place:
                pill.set_spec(PillSpec(text, Tone.ACCENT, Glyph.HALF))
            else:
                pill.set_spec(PillSpec(text, Tone.NEUTRAL, Glyph.EMPTY))
        words = _("Step {number} of {count}: {title}").format(
            number=place + 1, count=len(self._titles), title=self._titles[place]
        )
        self.setAccessibleName(words)
        announce(self, words)
