"""Anki and its sync server on the task; run by a Python that has the package ``anki``.

``python anki_peer.py PEOPLE.json PORT``: prints one JSON object. Seconds by the clock; the bytes
are counted by whoever put the line at PORT. Each step is announced on a line of its own and waits
for a line on the standard input, so that the counter can be read in between.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from anki.collection import Collection  # type: ignore[import-not-found]


def main(people_file: str, port: str) -> None:
    """Both clients, one after the other."""
    people = json.loads(Path(people_file).read_text("utf-8"))
    endpoint = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as folder:
        first = Collection(f"{folder}/a.anki2")
        kind = _kind(first, list(people[0]))
        auth = first.sync_login("u", "p", endpoint)
        first.full_upload_or_download(auth=auth, server_usn=None, upload=True)
        second = Collection(f"{folder}/b.anki2")
        second.full_upload_or_download(auth=auth, server_usn=None, upload=False)
        for each in (first, second):
            each.sync_collection(auth, sync_media=False)
        done = {"local_s": _timed(lambda: _add(first, kind, people))}
        _said("start")
        spent = time.process_time()
        done["push_s"] = _timed(lambda: first.sync_collection(auth, sync_media=False))
        done["push_cpu_s"], spent = time.process_time() - spent, time.process_time()
        _said("pushed")
        done["pull_s"] = _timed(lambda: second.sync_collection(auth, sync_media=False))
        done["pull_cpu_s"] = time.process_time() - spent
        _said("pulled")
        assert second.note_count() == len(people)
        edits = []
        for turn in range(9):
            _edit(first, turn)
            edits.append(
                _timed(lambda: [c.sync_collection(auth, sync_media=False) for c in (first, second)])
            )
            _said("edited")
        done["edit_s"] = sorted(edits)[4]
        first.close()
        second.close()
    print(json.dumps(done), flush=True)


def _kind(collection: Collection, fields: list[str]) -> object:
    kind = collection.models.new("person")
    for name in fields:
        collection.models.add_field(kind, collection.models.new_field(name))
    template = collection.models.new_template("card")
    template["qfmt"], template["afmt"] = "{{family}} {{mrn}}", "{{given}}"
    collection.models.add_template(kind, template)
    collection.models.add(kind)
    return collection.models.by_name("person")["id"]


def _add(collection: Collection, kind: object, people: list[dict[str, str]]) -> None:
    from anki.collection import AddNoteRequest  # noqa: PLC0415

    requests = []
    for person in people:
        note = collection.new_note(collection.models.get(kind))
        note.fields = [value or "-" for value in person.values()]
        requests.append(AddNoteRequest(note, 1))
    for start in range(0, len(requests), 500):
        collection.add_notes(requests[start : start + 500])


def _edit(collection: Collection, turn: int) -> None:
    note = collection.get_note(collection.find_notes("")[7])
    note.fields[-1] = f"seen again {turn}"
    collection.update_note(note)


def _timed(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


def _said(step: str) -> None:
    print(step, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
