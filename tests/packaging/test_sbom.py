"""The list of what the package contains names it all, in the form that scanners read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@pytest.fixture(scope="module")
def written(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file that ``make sbom`` writes."""
    target = tmp_path_factory.mktemp("sbom") / "new" / "sbom.cdx.json"
    command = [sys.executable, str(repository / "packaging" / "sbom.py"), str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def listed(written: str) -> dict[str, Any]:
    """Each component by its name."""
    return {each["name"]: each for each in json.loads(written)["components"]}


def test_it_is_valid_by_the_published_schema(written: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None


def test_every_locked_package_of_this_system_is_in_it(
    repository: Path, listed: dict[str, Any]
) -> None:
    text = (repository / "requirements.txt").read_text(encoding="utf-8")
    everywhere = dict(re.findall(r"^([\w.-]+)==([^ ;\\]+) \\$", text, re.MULTILINE))
    assert len(everywhere) > 20
    for name, version in everywhere.items():
        assert listed[name]["version"] == version
        assert listed[name]["purl"] == f"pkg:pypi/{name}@{version}"
        assert listed[name]["licenses"]
        assert listed[name]["externalReferences"][0]["hashes"], name


def test_what_lies_inside_a_package_is_named_too(listed: dict[str, Any]) -> None:
    assert {"python", "sqlcipher", "sqlite", "openssl"} <= listed.keys()


def test_who_needs_what_is_said(written: str) -> None:
    needs = {each["ref"].split("@")[0]: each.get("dependsOn", [])
             for each in json.loads(written)["dependencies"]}  # fmt: skip
    assert any(each.startswith("sqlcipher3@") for each in needs["clinic-desktop"])
    assert any(each.startswith("openssl@") for each in needs["sqlcipher3"])
    assert any(each.startswith("mako@") for each in needs["alembic"])
