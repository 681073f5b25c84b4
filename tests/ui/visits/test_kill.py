"""A power cut while typing: the words typed are there again at the next opening."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pytestqt.qtbot import QtBot

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.services import encounters
from tests.support.charts import put_chart
from tests.support.records import NOON, PASSWORD, Record
from tests.support.windows import make_context
from tests.ui.visits.conftest import open_page


def test_words_typed_before_a_kill_are_restored(
    clinic_dir: DataDir, qtbot: QtBot, repository: Path
) -> None:
    first = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=5000))
    patient_id = first.store.write(first.actor, put_chart, 1).result()
    visit = (
        first.store.write(first.actor, encounters.start_visit, patient_id=patient_id)
        .result()
        .encounter_id
    )
    first.close()

    program = [sys.executable, "-m", "tests.support.typist", str(clinic_dir.root), str(visit)]
    with subprocess.Popen(program, cwd=repository, stdout=subprocess.PIPE, text=True) as typist:
        assert typist.stdout is not None
        saved = [typist.stdout.readline().split() for _draft in range(3)]
        typist.kill()  # SIGKILL: nothing can be saved any more
    typed = int(saved[-1][1])

    again = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=9000))
    try:
        record = Record(
            again.store, FixedClock(NOON), again.actor, again.keys.key, clinic_dir.database
        )
        page = open_page(record, make_context(record), qtbot, patient_id, visit)
        words = page.view.note.text().subjective.split()
        # What the last draft did not hold was typed within its second.
        before = int(saved[-2][1])
        assert words[:before] == [f"word{n}" for n in range(1, before + 1)]
        assert before <= len(words) <= typed
        page.idle()
        page.context.tasks.close()
    finally:
        again.close()
