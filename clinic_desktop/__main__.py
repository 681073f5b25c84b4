"""Starts the command line, or the window when no command is given. Imports no Qt by itself."""

from __future__ import annotations

import faulthandler
import os
import sys


def main(argv: list[str] | None = None) -> int:
    """Run; the return value is the exit code."""
    if sys.stderr is not None:
        faulthandler.enable()
    os.umask(0o077)
    words = sys.argv[1:] if argv is None else argv
    if words == ["--confined"]:  # takes foreign files apart for another process of this program
        from clinic_desktop.confined.child import serve

        return serve()
    if words[:1] == ["--try-backup"]:  # brings a backup back on trial, likewise
        from pathlib import Path

        from clinic_desktop.services.backups.trial import serve as try_backup

        return try_backup(Path(words[1]), Path(words[2]))
    from clinic_desktop.cli import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())
