"""Numbers after an option: one of the right size, or a sentence that says which are."""

from __future__ import annotations

import json

import pytest

from clinic_desktop.cli import run


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("serve --insecure --port 65536", "--port"),
        ("serve --insecure --port -1", "--port"),
        ("serve --insecure --port here", "--port"),
        ("serve --insecure --keep-days -1", "--keep-days"),
        ("serve --insecure --quota 1e9", "--quota"),
        ("hub on --port 0", "--port"),
        ("bundle export file --most 0", "--most"),
        ("bundle export file --most", "--most"),
    ],
)
def test_a_wrong_number_is_named_with_those_that_are_right(
    line: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*line.split(), "--json"]) == 2
    said = json.loads(capsys.readouterr().out)["error"]
    assert place in said.get("place", said["message"])
    assert "_" not in said["message"]  # no name of a function
