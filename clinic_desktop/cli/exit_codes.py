"""Exit codes in the help of commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any


def in_words(codes: Iterable[tuple[int, str]]) -> str:
    """A line for each."""
    return "\n".join(f"  {code:<4} {meaning}" for code, meaning in codes)


def add_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    owner: str,
    codes: Mapping[int, str],
    **options: Any,
) -> argparse.ArgumentParser:
    """A command whose help ends with the exit codes that no other than ``owner`` has."""
    return commands.add_parser(
        name,
        epilog=f"exit codes of {owner}, beside the common ones:\n{in_words(codes.items())}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **options,
    )
