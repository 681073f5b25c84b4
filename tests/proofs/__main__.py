"""Run one proof at a size: ``python -m tests.proofs power-cut --size 20000 --seed 7 --jobs 2``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module

from tests.proofs.result import Result

PROOFS = {
    "histories": "tests.proofs.sync.histories",
    "simulation": "tests.proofs.sync.simulated.runs",
    "injected": "tests.proofs.sync.simulated.injected",
    "relay-power-cut": "tests.proofs.sync.relay_power",
    "sync-kill": "tests.proofs.sync.kills",
    "bad-network": "tests.proofs.sync.bad_network",
    "upgrade-matrix": "tests.proofs.sync.upgrades",
    "sync-fuzz": "tests.proofs.sync.fuzz",
    "malicious-server": "tests.proofs.sync.simulated.lies",
    "power-cut": "tests.proofs.storage.crash_states",
    "kill": "tests.proofs.storage.kills",
    "failing-disk": "tests.proofs.storage.failing_calls",
    "migration": "tests.proofs.storage.migrating",
    "backup": "tests.proofs.backups.drills",
    "disk-full": "tests.proofs.backups.full_disk",
    "rekey": "tests.proofs.keys.rekeying",
    "guessing": "tests.proofs.keys.guessing",
    "clock": "tests.proofs.keys.turned_clock",
    "key-store": "tests.proofs.keys.key_store",
    "memory": "tests.proofs.keys.memory",
    "vectors": "tests.proofs.keys.vectors",
    "audit": "tests.proofs.audit.mutations",
    "old-pages": "tests.proofs.audit.pages",
    "canary": "tests.proofs.privacy.canary",
    "bombs": "tests.proofs.hostile.bombs",
    "fuzz": "tests.proofs.hostile.fuzz",
    "permissions": "tests.proofs.permissions.matrix",
}
"""Each module has ``prove(size, seed, jobs)``."""


def prover(name: str) -> Callable[[int, int, int], Result]:
    """The function that runs a proof."""
    prove: Callable[[int, int, int], Result] = import_module(PROOFS[name]).prove
    return prove


def main() -> int:
    """Print the line of the proof, and each failure before it."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs")
    parser.add_argument("proof", choices=sorted(PROOFS))
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    wanted = parser.parse_args()
    result = prover(wanted.proof)(wanted.size, wanted.seed, wanted.jobs)
    for failure in result.failures:
        print(failure)
    print(result)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
