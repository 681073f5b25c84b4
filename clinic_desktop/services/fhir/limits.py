"""How much one import takes; a file beyond these is refused before anything is written."""

from __future__ import annotations

from typing import Final

MOST_DOCUMENT_BYTES: Final = 64 << 20
"""One JSON document, or one line of a line-wise file: more than any whole life seen so far."""
MOST_FILE_BYTES: Final = 4 << 30
"""One file after unpacking; stops an archive that unpacks without end."""
MOST_FILES: Final = 100_000
MOST_ENTRIES: Final = 200_000
"""Of one bundle."""
SLICE_ENTRIES: Final = 400
"""Resources written in one transaction: a click waits no longer than that takes."""
LOOSE_ENTRIES: Final = 500
LOOSE_BYTES: Final = 4 << 20
"""Single resources, one a line, are kept together in parts of this size."""
MOST_MEMBERS: Final = 10_000
"""Files of one archive."""
MOST_DIRECTORY_BYTES: Final = 4 << 20
"""An archive's list of its files, which is read whole before one can be counted."""
SUSPECT_BYTES: Final = 64 << 20
MOST_RATIO: Final = 250
"""Records shrink to a thirtieth at best; beyond ``SUSPECT_BYTES`` more is a bomb."""
MOST_EMPTY_LINES: Final = 100_000
