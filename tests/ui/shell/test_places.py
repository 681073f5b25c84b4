"""Where destinations lead."""

from __future__ import annotations

import linecache

from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.shell import places


def test_the_code_of_every_place_can_be_loaded_ahead() -> None:
    places.load_all()
    everywhere = {kind for kind in vars(to).values() if _is_destination(kind)}
    nowhere = everywhere - set(places._SCREENS) - set(places._DRAWERS)
    assert not nowhere
    assert not linecache.cache, "a source text in memory is of no use to anybody"


def _is_destination(thing: object) -> bool:
    return (
        isinstance(thing, type)
        and issubclass(thing, to.Destination)
        and thing is not to.Destination
    )
