"""ICD-10 codes as people type them.

One form serves ICD-10 (WHO), ICD-10-CM and МКБ-10: a letter, two characters, and after a dot up to
four more (ICD-10-CM Official Guidelines, section I.A; WHO ICD-10 volume 2, 2.4).
"""

from __future__ import annotations

import re

from clinic_desktop.domain.refusals import RefusedError


class IcdError(RefusedError):
    """A text that is no ICD-10 code."""


_CODE = re.compile(r"[A-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?")

# Cyrillic letters that look like Latin ones.
_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХІЅЈ", "ABEKMHOPCTYXISJ")


def parse_icd(text: str) -> str:
    """The code in its usual form: ``e119``, ``E11,9``, ``Е11.9`` (Cyrillic) are ``E11.9``.

    The dagger and asterisk of WHO's dual coding are left out. Raises ``IcdError``.
    """
    typed = re.sub(r"[\s†*+]", "", text).upper().replace(",", ".")
    for candidate in (typed, typed.translate(_LOOK_ALIKES)):
        code = _dotted(candidate)
        if _CODE.fullmatch(code):
            return code
    raise IcdError("not-an-icd-code")


def _dotted(typed: str) -> str:
    plain = typed[:3] + typed[4:] if typed[3:4] == "." and len(typed) > 4 else typed
    return f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain
