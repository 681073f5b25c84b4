r"""One way to set up, run, test and check on every system; the Makefile calls it.

Linux and macOS:  python3 packaging/bootstrap.py COMMAND
Windows:          py -3.11 packaging\bootstrap.py COMMAND

It needs nothing but Python 3.11 or newer. Every step remembers what it was done for
(in .venv/.done-*), so that a second run takes no time.
"""

from __future__ import annotations

import ctypes.util
import hashlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements-dev.txt"
OUT = ROOT / "out"
PACK_SCRIPT = ROOT / "packaging" / "data" / "build_icd10cm.py"
PACK = ROOT / "resources" / "packs" / "icd10cm.clinicpack"
ATTEMPTS = 3
PIP_INSTALL = (str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")

# What Qt's libraries and its xcb and offscreen platforms load, and PySide6's wheel does not bring.
# Found with ldd over PySide6; libcups2 is for printing.
DEBIAN_PACKAGES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "X11-xcb": "libx11-xcb1",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "glib-2.0": "libglib2.0-0",
    "xkbcommon": "libxkbcommon0",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-image": "libxcb-image0",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-randr": "libxcb-randr0",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-shape": "libxcb-shape0",
    "xcb-xkb": "libxcb-xkb1",
    "wayland-cursor": "libwayland-cursor0",
    "cups": "libcups2",
}
# The proofs of the storage put a small library of ours between the program and its disk. A real
# key store on a bus of its own is what `make proof PROOF=key-store` breaks.
DEBIAN_TOOLS = {
    "cc": ("gcc", "libc6-dev"),
    "dbus-run-session": ("dbus",),
    "gnome-keyring-daemon": ("gnome-keyring",),
}


def say(text: str) -> None:
    """Tell what happens now."""
    print(f"» {text}", flush=True)


def run(*command: str | Path, env: dict[str, str] | None = None) -> int:
    """Run a program in the project's folder and return its exit code."""
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=ROOT, env={**os.environ, **(env or {})}, check=False
    ).returncode


def must(*command: str | Path) -> None:
    """Run a program that has to succeed."""
    code = run(*command)
    if code:
        sys.exit(
            f"{Path(command[0]).name} ended with {code}; setup stopped here and can be repeated."
        )


def fingerprint(*parts: Path | str) -> str:
    """A short sum over files and words."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    return total.hexdigest()[:16]


def once(name: str, mark: str, work: Callable[[], None], makes: Path | None = None) -> None:
    """Do a step unless it was done for the same mark and what it makes is still there."""
    done = VENV / f".done-{name}"
    if done.exists() and done.read_text() == mark and (makes is None or makes.exists()):
        return
    work()
    done.write_text(mark)


def missing_packages() -> list[str]:
    """The Debian packages this machine lacks."""
    missing = [
        package for name, package in DEBIAN_PACKAGES.items() if not ctypes.util.find_library(name)
    ]
    if importlib.util.find_spec("ensurepip") is None and not PYTHON.exists():
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return missing


def missing_tools() -> list[str]:
    """The Debian packages that some proofs use and this machine lacks; then they are skipped."""
    tools = DEBIAN_TOOLS.items()
    return [name for tool, names in tools if shutil.which(tool) is None for name in names]


def install_system_libraries() -> None:
    """On Debian and its kin, install the shared libraries that Qt needs; as a user, say which."""
    if not sys.platform.startswith("linux") or shutil.which("apt-get") is None:
        return
    missing, tools = missing_packages(), missing_tools()
    if not missing and not (tools and os.geteuid() == 0):
        return
    if os.geteuid() != 0:
        say(f"Missing system packages. Please run: sudo apt-get install {' '.join(missing)}")
        return
    say(f"Installing system packages: {' '.join([*missing, *tools])}")
    if not apt_install(missing):
        sys.exit("apt-get could not install what Qt needs; see its message above.")
    if not apt_install(tools):
        say(f"Without {' '.join(tools)} the proofs that need them are skipped.")


def apt_install(packages: Sequence[str]) -> bool:
    """Whether these packages are there now."""
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    for _ in range(ATTEMPTS if packages else 0):
        run("apt-get", "update", "-qq")
        if run("apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages) == 0:
            return True
    return not packages


def make_environment() -> None:
    """Make .venv with this Python."""
    say(f"Making {VENV.name} with Python {sys.version.split()[0]}")
    must(sys.executable, "-m", "venv", VENV)


def install_requirements() -> None:
    """Install exactly the locked packages, each checked against its hash."""
    say("Installing the locked packages (a few minutes the first time)")
    for attempt in range(1, ATTEMPTS + 1):
        if run(*PIP_INSTALL, "--require-hashes", "--no-deps", "-r", LOCK) == 0:
            return
        say(f"That did not work (attempt {attempt} of {ATTEMPTS})")
    sys.exit("The packages could not be installed. Is this machine online? See pip's message.")


def install_ourselves() -> None:
    """Put the program itself into the environment, as it stands in this folder."""
    must(*PIP_INSTALL, "--no-deps", "--no-build-isolation", "--editable", ROOT)


def try_qt() -> None:
    """Open Qt once, so that a missing library is found now and not in the middle of a day."""
    names = "QtWidgets, QtPrintSupport, QtSvg"
    code = f"from PySide6 import {names}; QtWidgets.QApplication(['setup'])"
    if run(PYTHON, "-c", code, env={"QT_QPA_PLATFORM": "offscreen"}):
        sys.exit("Qt does not start on this machine; its message above names the missing library.")


def compile_catalogues() -> None:
    """Write the binary catalogues the program reads."""
    must(PYTHON, ROOT / "i18n" / "catalogues.py", "compile")


def build_pack() -> None:
    """Turn the package's ICD-10-CM into the read-only pack that the program searches."""
    say("Making the ICD-10-CM pack")
    must(PYTHON, PACK_SCRIPT)


def sources(*patterns: str) -> str:
    """Names and times of files, to see whether one changed."""
    found = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    return " ".join(f"{path.name}:{path.stat().st_mtime_ns}" for path in found)


def setup(_arguments: Sequence[str] = ()) -> int:
    """Make or update .venv; a second call takes no time."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python runs first
        sys.exit("Clinic Desktop needs Python 3.11 or newer.")
    if not (VENV / ".done-system").exists():
        install_system_libraries()
    if not PYTHON.exists():
        make_environment()
    once("system", fingerprint(*DEBIAN_PACKAGES, *DEBIAN_TOOLS), lambda: None)
    once("requirements", fingerprint(LOCK), install_requirements)
    once("program", fingerprint(ROOT / "pyproject.toml", str(ROOT)), install_ourselves)
    once("qt", fingerprint(LOCK), try_qt)
    texts = sources("i18n/*/LC_MESSAGES/*.po", "clinic_desktop/**/*.py", "i18n/*.py")
    once("catalogues", fingerprint(texts), compile_catalogues)
    once("pack", fingerprint(LOCK, PACK_SCRIPT), build_pack, makes=PACK)
    return 0


def has_display() -> bool:
    """Whether a window can be shown."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def demo(_arguments: Sequence[str]) -> int:
    """Open the sample clinic; without a display, play its day and say where the pictures are."""
    if has_display():
        return run(BIN / "clinic-desktop", "demo")
    folder = OUT / "day"
    say("No display here: the clinic day is played offscreen")
    code = run(BIN / "clinic-desktop", "day", "--out", folder)
    if code == 0:
        say(f"Screenshots and papers are in {folder}")
    return code


def test(arguments: Sequence[str]) -> int:
    """Run every test, or those named."""
    return run(PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", *arguments)


def races(arguments: Sequence[str]) -> int:
    """Run the tests of the windows on a record that answers late; CLINIC_RACES repeats a run."""
    seed = os.environ.get("CLINIC_RACES") or str(secrets.randbelow(10_000))
    say(f"Slow answers, to be repeated with CLINIC_RACES={seed}")
    folders = [f"tests/{name}" for name in ("ui", "screens", "e2e")]
    os.environ["CLINIC_RACES"] = seed
    return test([*folders, *arguments])


def check(arguments: Sequence[str]) -> int:
    """Format, lint, types, imports, dead code, spelling and translations."""
    return run(PYTHON, ROOT / "packaging" / "checks.py", *arguments)


def i18n(_arguments: Sequence[str]) -> int:
    """Bring the catalogues up to date with the code."""
    code = run(PYTHON, ROOT / "i18n" / "catalogues.py", "update")
    return code or run(PYTHON, ROOT / "i18n" / "catalogues.py", "compile")


def screens(arguments: Sequence[str]) -> int:
    """Draw every screen in every theme and language into out/screens."""
    return run(PYTHON, "-m", "tests.screens", *arguments)


def bench(arguments: Sequence[str]) -> int:
    """Measure speed beside its floors and write bench/RESULTS.md."""
    return run(PYTHON, "-m", "bench", *arguments)


def proof(arguments: Sequence[str]) -> int:
    """Run one proof at a size of your choice; without arguments, list them."""
    return run(PYTHON, "-m", "tests.proofs", *(arguments or ["--help"]))


def package(_arguments: Sequence[str]) -> int:
    """Build the program folder into dist/ and try it."""
    return run(PYTHON, ROOT / "packaging" / "build.py")


def sbom(_arguments: Sequence[str]) -> int:
    """List what the package contains as CycloneDX JSON, into out/sbom.cdx.json."""
    return run(PYTHON, ROOT / "packaging" / "sbom.py", ROOT / "out" / "sbom.cdx.json")


def lock(_arguments: Sequence[str]) -> int:
    """Write the requirements files anew: exact versions, hashes, no index address."""
    must(*PIP_INSTALL, "uv")
    common = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-header"]
    common += ["--no-annotate", "--python-version", "3.11", "--quiet"]
    compiler = [str(BIN / "uv"), "pip", "compile", "pyproject.toml", *common]
    code = run(*compiler, "-o", "requirements.txt")
    code = code or run(*compiler, "--extra", "server", "-o", "requirements-server.txt")
    return code or run(*compiler, "--extra", "server", "--group", "dev", "-o", LOCK.name)


EVERY = (setup, demo, test, races, check, i18n, screens, bench, proof, package, sbom, lock)
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {each.__name__: each for each in EVERY}


def main(arguments: Sequence[str]) -> int:
    """Set up, then run the command named first."""
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        for name, command in COMMANDS.items():
            print(f"  {name:8}  {command.__doc__}")
        return 0 if arguments[:1] == ["help"] else 2
    if arguments[0] != "setup":
        setup()
    return COMMANDS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
