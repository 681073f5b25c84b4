"""The scripts around the program: setting up, leaving out, translating, licences."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def scripts(repository: Path) -> dict[str, dict[str, Any]]:
    """Our scripts, loaded without being run."""
    places = ("packaging/bootstrap", "packaging/keep", "packaging/licences", "i18n/catalogues")
    return {
        Path(place).name: runpy.run_path(str(repository / f"{place}.py"), run_name="loaded")
        for place in places
    }


def test_a_finished_step_is_not_done_again(
    scripts: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    bootstrap = scripts["bootstrap"]
    once, done = bootstrap["once"], []
    once.__globals__["VENV"] = tmp_path
    for mark in ("first", "first", "second"):
        once("step", mark, lambda mark=mark: done.append(mark))
    assert done == ["first", "second"]


def test_every_make_target_is_a_command_of_every_system(
    repository: Path, scripts: dict[str, dict[str, Any]]
) -> None:
    targets = {
        line.split(":")[0]
        for line in (repository / "Makefile").read_text(encoding="utf-8").splitlines()
        if ":  ## " in line
    }
    assert targets - {"help", "clean"} == set(scripts["bootstrap"]["COMMANDS"])


def test_the_bootstrap_needs_no_package(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-I", repository / "packaging" / "bootstrap.py", "help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Open the sample clinic" in done.stdout


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/printsupport/libcupsprintersupport.so", True),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6/Qt/lib/libQt6Widgets.so.6", True),
        ("PySide6/Qt/lib/libQt6Quick.so.6", False),
        ("PySide6/Qt6Qml.dll", False),
        ("PySide6/Qt/plugins/sqldrivers/libqsqlite.so", False),
        ("reportlab/fonts/DarkGarden.sfd", False),
        ("holidays/locale/ru/LC_MESSAGES/RU.mo", True),
        ("holidays/locale/en_US/LC_MESSAGES/RU.mo", True),
        ("holidays/locale/fr/LC_MESSAGES/FR.mo", False),
        ("justmytype_intl_rtl/fonts/ofl/notosanshebrew/NotoSansHebrew[wdth,wght].ttf", True),
    ],
)
def test_the_program_folder_takes_what_we_use(
    scripts: dict[str, dict[str, Any]], name: str, kept: bool
) -> None:
    assert scripts["keep"]["keeps"](name) is kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("babel/locale-data/ar_EG.dat", True),
        ("babel/locale-data/root.dat", True),
        ("babel/locale-data/fr.dat", False),
        ("PySide6/Qt/translations/qtbase_ru.qm", True),
        ("PySide6/Qt/translations/qtbase_fr.qm", False),
        ("PySide6/Qt/translations/assistant_ru.qm", False),
        ("i18n/ru/LC_MESSAGES/messages.mo", True),
    ],
)
def test_the_program_folder_takes_the_languages_we_speak(
    scripts: dict[str, dict[str, Any]], name: str, kept: bool
) -> None:
    assert scripts["keep"]["wanted_locale"](name) is kept


@pytest.mark.parametrize(
    ("licence", "forbidden"),
    [
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", False),
        ("MIT", False),
        ("GPL-3.0-or-later", True),
        ("MIT AND AGPL-3.0-only", True),
        ("GPL-2.0-only OR GPL-3.0-only", True),
    ],
)
def test_a_licence_that_leaves_no_choice_but_the_gpl_is_refused(
    scripts: dict[str, dict[str, Any]], licence: str, forbidden: bool
) -> None:
    assert scripts["licences"]["is_copyleft"](licence) is forbidden


def test_every_shipped_package_has_its_licence_in_the_folder(
    scripts: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    scripts["licences"]["collect"](tmp_path)
    for package in ("pyside6-essentials", "python-bidi", "fontpkg-noto-sans", "sqlcipher3"):
        assert any((tmp_path / package).iterdir()), package
    lesser = (tmp_path / "pyside6-essentials" / "COPYING.LESSER").read_text(encoding="utf-8")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in lesser


def test_the_pseudo_language_is_longer_and_keeps_what_is_filled_in(
    scripts: dict[str, dict[str, Any]],
) -> None:
    text = "Born <b>{day}</b> in {place!r:>3}, {{sic}}"
    pseudo = scripts["catalogues"]["lengthened"](text)
    assert pseudo.startswith("⟦")
    assert pseudo.endswith("⟧")
    assert len(scripts["catalogues"]["lengthened"]("Save and book")) >= 1.4 * len("Save and book")
    assert "<b>{day}</b>" in pseudo
    assert "{place!r:>3}" in pseudo
    assert pseudo.format(day=1, place="x")


@pytest.mark.parametrize(
    ("language", "source", "translation", "wrong"),
    [
        ("ru", "Born {day}", "Дата рождения: {day}", False),
        ("ru", "Born {day}", "Дата рождения", True),
        ("ru", "Born {day}", "Дата рождения: {date}", True),
        ("ru", "Born {day}", "Дата рождения: {day", True),
        ("ru", "Name: ", "Имя:", True),
        ("ar", ("{n} visit", "{n} visits"), ("لا", "زيارة", "زيارتان", *["{n} زيارة"] * 3), False),
        ("ru", ("{n} visit", "{n} visits"), ("визит", "{n} визита", "{n} визитов"), True),
    ],
)
def test_a_translation_that_would_break_is_found(
    scripts: dict[str, dict[str, Any]],
    language: str,
    source: str | tuple[str, str],
    translation: str | tuple[str, ...],
    wrong: bool,
) -> None:
    from babel.messages.catalog import Message

    message = Message(source, translation)
    assert bool(list(scripts["catalogues"]["faults"](language, message))) is wrong
