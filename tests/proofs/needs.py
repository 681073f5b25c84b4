"""What a machine may lack for a proof."""

from __future__ import annotations

import sys

import pytest

from tests.proofs.storage import recorder

needs_recorder = pytest.mark.skipif(
    not sys.platform.startswith("linux") or recorder.compiler() is None,
    reason="recording the disk needs Linux and a C compiler",
)
