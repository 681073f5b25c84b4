"""The data dictionary in ``docs/`` is the one the models give."""

from __future__ import annotations

from clinic_desktop.db.dictionary import TARGET, dictionary


def test_data_dictionary_is_fresh() -> None:
    """Run ``python -m clinic_desktop.db.dictionary`` after changing a model."""
    assert TARGET.read_text("utf-8") == dictionary()
