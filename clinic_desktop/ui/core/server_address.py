"""The server that somebody typed, with the certificate's file if its own is no public one."""

from __future__ import annotations

from pathlib import Path

from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.sync.client import Address


def typed_address(url: str, certificate: str) -> Address:
    """The address; ``certificate`` is the name of a file, or empty.

    Raises:
        ValidationError: ``server``, ``ca`` or ``authority`` says what is wrong with it.
    """
    try:
        authority = Path(certificate).read_text("ascii") if certificate else ""
    except (OSError, UnicodeDecodeError):
        raise ValidationError("ca", _("The certificate of the server cannot be read.")) from None
    return Address(url.strip(), authority)
