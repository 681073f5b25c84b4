"""Asks where a paper is to be saved as a file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFileDialog, QWidget

from clinic_desktop.i18n import _


def ask_for_pdf(owner: QWidget, name: str, then: Callable[[str], object]) -> None:
    """Let a person choose a file, ``name`` offered; ``then`` gets its path, if one was chosen."""
    dialog = QFileDialog(owner, _("Save as PDF"), name, "PDF (*.pdf)")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("pdf")
    dialog.fileSelected.connect(then)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
