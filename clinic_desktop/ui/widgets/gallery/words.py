"""The gallery's own words. They can be made longer and foreign, to see what bursts."""

from __future__ import annotations

_FOREIGN = str.maketrans("aceinorsuyACEINORSUY", "àçéîñöŕšûýÀÇÉÎÑÖŔŠÛÝ")
_state = {"pseudo": False}


def pseudo(text: str) -> str:
    """The text in a language that nobody speaks, 40 % longer."""
    longer = "·" * max(round(len(text) * 0.4) - 2, 0)
    return f"⟦{text.translate(_FOREIGN)}{longer}⟧" if text else ""


def speak_pseudo(on: bool) -> None:
    """Switch the gallery between English and the pseudo-language."""
    _state["pseudo"] = on


def say(text: str) -> str:
    """A word of the gallery in the language it speaks."""
    return pseudo(text) if _state["pseudo"] else text
