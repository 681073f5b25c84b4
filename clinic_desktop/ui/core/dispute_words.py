"""What is said beside values that two PCs wrote differently."""

from __future__ import annotations

from collections.abc import Mapping

from clinic_desktop.domain.vitals import VitalKind
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.observations import Measured
from clinic_desktop.services.observations_words import unit_words, vital_name


def undecided_words() -> str:
    """Beside each version of a value."""
    return _("⚑ one of several versions, not decided")


def mark_words() -> str:
    """On an appointment or a bill about which something is asked."""
    return _("⚑ to decide")


def withdrawn_words() -> str:
    """Beside a version that takes back what the other one lets stand."""
    return _("taken back in this version")


def versions_words(found: Mapping[VitalKind, tuple[Measured, ...]]) -> str:
    """Each vital sign that is not decided with every value that it may have; empty if none is."""
    told = [f"{vital_name(kind)} {_each(each)}" for kind, each in found.items() if each]
    return f"{undecided_words()}: {' · '.join(told)}" if told else ""


def _each(versions: tuple[Measured, ...]) -> str:
    values = " / ".join(current().number(each.value) for each in versions)
    return isolate(f"{values} {unit_words(versions[0].unit)}".strip())
