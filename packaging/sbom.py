"""What the program folder of this system contains, as CycloneDX JSON (``make sbom``).

python packaging/sbom.py FILE

Every locked package that this system installs, with its version, licence, the SHA-256 of the files
the lock allows and what it needs; Python; and the libraries that lie inside sqlcipher3. The file is
checked against the published schema before it is written.
"""

from __future__ import annotations

import platform
import re
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import sqlcipher3
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from licences import licence_of
from packageurl import PackageURL
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sqlcipher3 import dbapi2

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))?")


class Pin(NamedTuple):
    """One locked package."""

    name: str
    version: str
    hashes: tuple[str, ...]


def pins() -> list[Pin]:
    """What the lock installs on this system."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    found = []
    for block in re.split(r"\n(?=\w)", text.strip()):
        match = _PIN.match(block)
        if match and (not match["marker"] or Marker(match["marker"].strip()).evaluate()):
            hashes = tuple(re.findall(r"--hash=sha256:(\w+)", block))
            found.append(Pin(match["name"], match["version"], hashes))
    return found


def component(pin: Pin) -> Component:
    """A package of the index."""
    place = XsUri(f"https://pypi.org/project/{pin.name}/{pin.version}/")
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes]
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        bom_ref=f"{pin.name}@{pin.version}",
        purl=PackageURL("pypi", None, pin.name, pin.version),
        licenses=[LicenseFactory().make_from_string(licence_of(pin.name))],
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=place, hashes=hashes)
        ],
    )


def inner(name: str, version: str, licence: str) -> Component:
    """A library that comes inside a package, or with Python."""
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("generic", None, name, version),
        licenses=[LicenseFactory().make_from_string(licence)],
    )


def inside_sqlcipher() -> list[Component]:
    """The database, its encryption, and what that computes with."""
    connection = dbapi2.connect(":memory:")
    connection.execute("PRAGMA key = 'any'")  # else it does not say what computes
    cipher = connection.execute("PRAGMA cipher_version").fetchone()[0].split()[0]
    crypto = connection.execute("PRAGMA cipher_provider_version").fetchone()[0]
    connection.close()
    version = re.search(r"\d+\.\d+\.\d+", crypto)
    return [
        inner("sqlcipher", cipher, "BSD-3-Clause"),
        inner("sqlite", sqlcipher3.sqlite_version, "blessing"),
        inner("openssl", version[0] if version else crypto, "Apache-2.0"),
    ]


def needs(name: str) -> set[str]:
    """The packages that an installed package asks for on this system."""
    wanted = (Requirement(each) for each in metadata.requires(name) or ())
    return {
        canonicalize_name(each.name)
        for each in wanted
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }


def make() -> str:
    """The list, as JSON."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    packages = {pin.name: component(pin) for pin in pins()}
    python = inner("python", platform.python_version(), "PSF-2.0")
    own = Component(
        type=ComponentType.APPLICATION,
        name=project["name"],
        version=project["version"],
        bom_ref=project["name"],
        licenses=[LicenseFactory().make_from_string(project["license"])],
    )
    bom = Bom(serial_number=uuid.uuid4(), components=[*packages.values(), python])
    bom.metadata.component = own
    direct = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    bom.register_dependency(own, [python, *(packages[name] for name in sorted(direct))])
    for name, each in packages.items():
        more = inside_sqlcipher() if name == "sqlcipher3" else []
        bom.components.update(more)
        wanted = [packages[need] for need in sorted(needs(name)) if need in packages]
        bom.register_dependency(each, [*wanted, *more])
    return JsonV1Dot6(bom).output_as_string(indent=1)


def main(arguments: list[str]) -> int:
    """Write the file named."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    text = make()
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        print(str(wrong.data)[:500], file=sys.stderr)
        return 1
    target = Path(arguments[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{text}\n", encoding="utf-8")
    print(f"written: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
