"""The licences of what we ship: a table for people, texts for the program folder, a check.

python packaging/licences.py write          renew the table in docs/licences.md
python packaging/licences.py check          no GPL or AGPL inside, and the table is current
python packaging/licences.py collect DIR    copy every licence text into DIR
"""

from __future__ import annotations

import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "licences.md"
BEGIN, END = "<!-- table: packaging/licences.py write -->", "<!-- end of table -->"

# Where a package's own words are missing, loose, or about a system this is not (read in its files).
KNOWN = {
    "backports-tarfile": "MIT",
    "cryptography": "Apache-2.0 OR BSD-3-Clause",
    "importlib-metadata": "Apache-2.0",
    "jeepney": "MIT",
    "justmytype-intl-rtl": "MIT AND OFL-1.1",
    "lazy-importer": "Apache-2.0",
    "pypdfium2": "(Apache-2.0 OR BSD-3-Clause) AND BSD-3-Clause",
    "python-bidi": "LGPL-3.0-or-later",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "pywin32-ctypes": "BSD-3-Clause",
    "reportlab": "BSD-3-Clause",
    "secretstorage": "BSD-3-Clause",
    "sqlcipher3": "Zlib AND BSD-3-Clause AND Apache-2.0",
    "zipp": "MIT",
}
SHORT = {
    "Apache License 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}
SEPARATE = {
    "pyside6-essentials": "separate shared libraries; replace them in the program folder",
    "shiboken6": "separate shared library, as above",
    "python-bidi": "one separate library file, as above",
}
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|ofl)[^/]*$|/licenses/", re.IGNORECASE)


def shipped() -> list[str]:
    """The packages that go to a clinic: those locked in requirements.txt."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("==")[0] for line in lines if re.match(r"[A-Za-z0-9]", line)]


def licence_of(package: str) -> str:
    """The licence as an SPDX expression, as far as the package tells."""
    if package in KNOWN:
        return KNOWN[package]
    about = metadata.metadata(package)
    words = about.get_all("License-Expression", []) + about.get_all("License", [])
    words += [c.split(" :: ")[-1] for c in about.get_all("Classifier", []) if "License" in c]
    first = str(words[0]).strip() if words else "?"
    return SHORT.get(first, first)


def is_copyleft(expression: str) -> bool:
    """Whether every choice that a licence leaves is GPL or AGPL."""
    return all(re.search(r"\bA?GPL", choice) for choice in expression.split(" OR "))


def table() -> str:
    """The packages with their licences, as Markdown."""
    rows = ["| package | licence | shipped as |", "|---|---|---|"]
    rows += [
        f"| {package} | {licence_of(package)} | {SEPARATE.get(package, 'library')} |"
        for package in shipped()
    ]
    return "\n".join(rows)


def document(text: str) -> str:
    """The document with its table renewed."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def write() -> int:
    """Renew the table."""
    TABLE.write_text(document(TABLE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def check() -> int:
    """Print what may not be shipped and whether the table is stale; 1 if anything is wrong."""
    problems = [
        f"{package} is {licence_of(package)}: it may not be shipped"
        for package in shipped()
        if is_copyleft(licence_of(package))
    ]
    text = TABLE.read_text(encoding="utf-8")
    if document(text) != text:
        problems.append("docs/licences.md is stale: run 'python packaging/licences.py write'")
    print("\n".join(problems) or f"{len(shipped())} packages, none under GPL or AGPL")
    return 1 if problems else 0


def collect(target: Path) -> int:
    """Copy our licence and the texts of every shipped package that is installed here."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "LICENSE", target / "clinic-desktop.txt")
    shutil.copy(TABLE, target / "README.md")
    for package in shipped():
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:  # a package of another system
            continue
        for file in files:
            source = Path(str(file.locate()))
            if LICENCE_FILE.search(file.as_posix()) and source.suffix not in {".py", ".ttf"}:
                name = "-".join(part for part in file.parts[1:] if part.lower() != "licenses")
                (target / package).mkdir(exist_ok=True)
                shutil.copy(source, target / package / name)
    # Qt's wheels bring no texts; python-bidi brings the LGPL and the GPL it refers to.
    for package in ("pyside6-essentials", "shiboken6"):
        shutil.copytree(target / "python-bidi", target / package, dirs_exist_ok=True)
    return 0


def main(arguments: list[str]) -> int:
    """Run the command named first."""
    match arguments:
        case ["write"]:
            return write()
        case ["check"]:
            return check()
        case ["collect", folder]:
            return collect(Path(folder))
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
