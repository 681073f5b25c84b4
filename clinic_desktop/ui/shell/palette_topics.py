"""Short answers that the palette finds, in the program and without a network."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.i18n import _


@dataclass(frozen=True)
class HelpTopic:
    """A question, further words it is found by, and its answer in steps."""

    title: str
    words: str
    steps: tuple[str, ...]


def topics() -> tuple[HelpTopic, ...]:
    """All questions, in the reader's language."""
    return (
        HelpTopic(
            _("How to find a patient"),
            _("search look up name phone number born"),
            (
                _("Press Ctrl+K and type a few letters of any name, in any order."),
                _("The end of a phone number, the chart number, a birth date or an age work too: "
                  "“iva 71”."),
                _("The keyboard layout does not matter, nor do accents and capitals."),
                _("Enter opens the chart. The right arrow lists what can be done."),
            ),
        ),
        HelpTopic(
            _("How to register quickly"),
            _("new patient add newborn unknown age"),
            (
                _("Press Ctrl+N. Type the family name, Tab, the given name, Tab."),
                _("F, M or X chooses the sex. Tab."),
                _("A birth date as 14.3.1955, only a year, or an age such as 34y or 8m. Tab."),
                _("The phone, then Ctrl+Enter."),
                _("Similar people are listed while you type; Alt+1 opens the first of them."),
            ),
        ),
        HelpTopic(
            _("How to join two charts of one person"),
            _("merge duplicate double same patient"),
            (
                _("Open Patients, select one of the charts and choose “Join with another chart”."),
                _("Find the other chart and choose what is right where they differ."),
                _("Nothing is lost: the joining can be undone, and both numbers stay findable."),
            ),
        ),
        HelpTopic(
            _("How to take back a mistake"),
            _("undo wrong restore correct"),
            (
                _("Most actions show “Undo” for ten seconds."),
                _("A signed note gets an addendum; an issued invoice a credit note."),
                _("What you type is kept as a draft within two seconds."),
            ),
        ),
        HelpTopic(
            _("How to work by keys alone"),
            _("keyboard shortcut mouse"),
            (
                _("F1 lists the keys of the screen you are on."),
                _("Ctrl+K does anything by its name and shows its key beside it."),
                _("F6 goes to the next part of the window, Esc closes what lies on top."),
            ),
        ),
    )  # fmt: skip
