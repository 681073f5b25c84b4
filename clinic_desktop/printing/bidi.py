"""The Unicode Bidirectional Algorithm (UAX #9) with isolates, as levels per character.

Levels, not a reordered string: lines are broken in logical order first, and each line is put in
visual order afterwards. Embeddings and overrides are not interpreted; ``text.clean`` drops them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_MAX_DEPTH = 125
_STRONG = frozenset({"L", "R", "AL"})
_RTL = frozenset({"R", "AL"})
_INITIATORS = frozenset({"LRI", "RLI", "FSI"})
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI"})
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_BRACKETS.values())


@dataclass
class _Sequence:
    """An isolating run sequence: the indices it covers, its level and what stands at its ends."""

    indices: list[int]
    level: int
    start: str
    end: str

    @property
    def embedding(self) -> str:
        return "R" if self.level % 2 else "L"


def bidi_class(character: str) -> str:
    """The bidirectional class; unassigned characters read from left to right."""
    return unicodedata.bidirectional(character) or "L"


def is_rtl_character(character: str) -> bool:
    """Whether a character belongs to a script written from right to left."""
    return bidi_class(character) in _RTL


def has_rtl(text: str) -> bool:
    """Whether any character needs more than left-to-right order."""
    return any(bidi_class(c) in {"R", "AL", "AN"} for c in text)


def first_strong(text: str, start: int = 0) -> int | None:
    """The level the first strong character asks for, up to the end of this isolate (P2, P3)."""
    depth = 0
    for character in text[start:]:
        kind = bidi_class(character)
        if kind in _INITIATORS:
            depth += 1
        elif kind == "PDI":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0 and kind in _STRONG:
            return int(kind in _RTL)
    return None


def levels(text: str, base: int) -> list[int]:
    """The embedding level of each character of one paragraph."""
    kinds = [bidi_class(c) for c in text]
    partner = _isolate_pairs(kinds)
    result = _explicit(text, kinds, partner, base)
    for sequence in _sequences(kinds, result, partner, base):
        types = [kinds[i] for i in sequence.indices]
        _weak(types, sequence)
        _brackets(types, sequence, text)
        _neutral(types, sequence)
        for index, kind in zip(sequence.indices, types, strict=True):
            result[index] = _implicit(result[index], kind)
    return result


def visual_order(line_levels: list[int]) -> list[int]:
    """The indices of a line from left to right (L2)."""
    order = list(range(len(line_levels)))
    odd = [level for level in line_levels if level % 2]
    for level in range(max(line_levels, default=0), min(odd, default=1) - 1, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and line_levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return order


def _isolate_pairs(kinds: list[str]) -> dict[int, int]:
    open_at: list[int] = []
    pairs: dict[int, int] = {}
    for index, kind in enumerate(kinds):
        if kind in _INITIATORS:
            open_at.append(index)
        elif kind == "PDI" and open_at:
            start = open_at.pop()
            pairs[start], pairs[index] = index, start
    return pairs


def _explicit(text: str, kinds: list[str], partner: dict[int, int], base: int) -> list[int]:
    """X1 to X8, for isolates. Initiators beyond the depth limit are taken as if absent."""
    stack = [base]
    pushed: set[int] = set()
    result: list[int] = []
    for index, kind in enumerate(kinds):
        if kind == "PDI" and partner.get(index) in pushed:
            # Isolates that were never closed end here as well.
            while len(stack) > 1:
                stack.pop()
                opened = max(pushed)
                pushed.discard(opened)
                if opened == partner[index]:
                    break
        result.append(stack[-1])
        if kind in _INITIATORS:
            rtl = kind == "RLI" or (kind == "FSI" and first_strong(text, index + 1) == 1)
            level = stack[-1] + 1 if stack[-1] % 2 != rtl else stack[-1] + 2
            if level <= _MAX_DEPTH:
                stack.append(level)
                pushed.add(index)
    return result


def _sequences(
    kinds: list[str], result: list[int], partner: dict[int, int], base: int
) -> Iterator[_Sequence]:
    """X10: level runs, joined over the isolates between them."""
    runs: list[list[int]] = []
    for index, level in enumerate(result):
        if runs and result[runs[-1][-1]] == level:
            runs[-1].append(index)
        else:
            runs.append([index])
    starting = {run[0]: run for run in runs}
    for run in runs:
        if kinds[run[0]] == "PDI" and run[0] in partner:
            continue
        indices = list(run)
        while kinds[indices[-1]] in _INITIATORS and indices[-1] in partner:
            indices += starting[partner[indices[-1]]]
        level = result[indices[0]]
        before = result[indices[0] - 1] if indices[0] else base
        after = base
        if indices[-1] + 1 < len(kinds) and kinds[indices[-1]] not in _INITIATORS:
            after = result[indices[-1] + 1]
        ends = ["R" if max(level, side) % 2 else "L" for side in (before, after)]
        yield _Sequence(indices, level, *ends)


def _weak(types: list[str], sequence: _Sequence) -> None:
    """W1 to W7."""
    _marks(types, sequence.start)
    _digits(types, sequence.start, after="AL", become="AN")
    types[:] = ["R" if kind == "AL" else kind for kind in types]
    for i in range(1, len(types) - 1):
        pair = (types[i - 1], types[i + 1])
        if (types[i] in {"ES", "CS"} and pair == ("EN", "EN")) or (
            types[i] == "CS" and pair == ("AN", "AN")
        ):
            types[i] = pair[0]
    _terminators(types)
    _digits(types, sequence.start, after="L", become="L")


def _marks(types: list[str], start: str) -> None:
    """W1: a mark takes the class of what it stands on."""
    previous = start
    for i, kind in enumerate(types):
        if kind == "NSM":
            types[i] = "ON" if previous in _INITIATORS or previous == "PDI" else previous
        previous = types[i]


def _digits(types: list[str], start: str, *, after: str, become: str) -> None:
    """W2 and W7: European digits take their order from the last strong character."""
    strong = start
    for i, kind in enumerate(types):
        if kind in _STRONG:
            strong = kind
        elif kind == "EN" and strong == after:
            types[i] = become


def _terminators(types: list[str]) -> None:
    """W5 and W6: percent and currency signs belong to the number they touch."""
    i = 0
    while i < len(types):
        end = i
        while end < len(types) and types[end] == "ET":
            end += 1
        if end > i:
            beside = types[i - 1 : i] + types[end : end + 1]
            types[i:end] = ["EN" if "EN" in beside else "ON"] * (end - i)
        i = max(end, i + 1)
    types[:] = ["ON" if kind in {"ES", "CS", "BN"} else kind for kind in types]


def _as_strong(kind: str) -> str:
    return "R" if kind in {"EN", "AN", "R"} else kind


def _brackets(types: list[str], sequence: _Sequence, text: str) -> None:
    """N0: a pair of brackets goes with what it holds."""
    for opening, closing in _bracket_pairs(types, sequence, text):
        inside = {_as_strong(kind) for kind in types[opening + 1 : closing]}
        direction = None
        if sequence.embedding in inside:
            direction = sequence.embedding
        elif {"L", "R"} & inside:
            before = [_as_strong(kind) for kind in types[:opening]]
            context = next((k for k in reversed(before) if k in {"L", "R"}), sequence.start)
            direction = context if context != sequence.embedding else sequence.embedding
        if direction:
            types[opening] = types[closing] = direction
            for at in (opening, closing):
                _follow_marks(types, sequence, text, at)


def _follow_marks(types: list[str], sequence: _Sequence, text: str, at: int) -> None:
    for i in range(at + 1, len(types)):
        if bidi_class(text[sequence.indices[i]]) != "NSM":
            break
        types[i] = types[at]


def _bracket_pairs(types: list[str], sequence: _Sequence, text: str) -> list[tuple[int, int]]:
    waiting: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for position, index in enumerate(sequence.indices):
        character = text[index]
        if types[position] != "ON":
            continue
        if character in _BRACKETS:
            if len(waiting) == 63:  # BD16
                return []
            waiting.append((_BRACKETS[character], position))
        elif character in _CLOSING:
            for depth in range(len(waiting) - 1, -1, -1):
                if waiting[depth][0] == character:
                    pairs.append((waiting[depth][1], position))
                    del waiting[depth:]
                    break
    return sorted(pairs)


def _neutral(types: list[str], sequence: _Sequence) -> None:
    """N1 and N2."""
    i = 0
    while i < len(types):
        end = i
        while end < len(types) and types[end] in _NEUTRAL:
            end += 1
        if end > i:
            before = _as_strong(types[i - 1]) if i else sequence.start
            after = _as_strong(types[end]) if end < len(types) else sequence.end
            types[i:end] = [before if before == after else sequence.embedding] * (end - i)
        i = max(end, i + 1)


def _implicit(level: int, kind: str) -> int:
    """I1 and I2."""
    if level % 2:
        return level + (kind in {"L", "EN", "AN"})
    return level + {"R": 1, "EN": 2, "AN": 2}.get(kind, 0)
