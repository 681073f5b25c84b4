"""МКБ-10 as the federal register of reference information gives it: table …11.1005 as CSV."""

from __future__ import annotations

import csv
import io
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clinic_desktop.domain.codes import System
from clinic_desktop.errors import BadFileError
from clinic_desktop.i18n import _
from clinic_desktop.services.packs.pack import Concept, PackInfo

OID: Final = "1.2.643.5.1.13.13.11.1005"
_HEADER: Final = "ID;REC_CODE;MKB_CODE;MKB_NAME;ID_PARENT;ADDL_CODE;ACTUAL;DATE"
_MOST_BYTES: Final = 50 << 20
_CODE = re.compile(r"[A-Z]\d\d(?:\.\d{1,2})?")
_ACTIVE: Final = "1"

# What doctors say; none of it stands in the table.
_SHORT: Final = {
    "J06.9": "ОРВИ ОРЗ простуда",
    "J11.1": "грипп ОРВИ",
    "I10": "АГ ГБ гипертония артериальная гипертензия",
    "I11.9": "ГБ гипертония",
    "I20.8": "ИБС стенокардия напряжения",
    "I21.9": "ОИМ инфаркт ОКС",
    "I25.9": "ИБС",
    "I48.9": "ФП мерцательная аритмия",
    "I63.9": "ОНМК инсульт",
    "I64": "ОНМК инсульт",
    "I67.9": "ЦВБ",
    "E10.9": "СД диабет 1 типа",
    "E11.9": "СД диабет 2 типа",
    "J44.9": "ХОБЛ",
    "J45.9": "БА астма",
    "J18.9": "пневмония воспаление лёгких",
    "K21.9": "ГЭРБ",
    "K29.7": "гастрит",
    "K80.2": "ЖКБ",
    "N20.9": "МКБ мочекаменная болезнь",
    "N39.0": "ИМП инфекция мочевых путей",
    "N18.9": "ХБП ХПН",
    "D50.9": "ЖДА анемия",
    "M54.5": "люмбаго боль в пояснице",
    "G90.8": "ВСД",
    "B34.9": "вирусная инфекция",
    "A09.9": "ОКИ кишечная инфекция",
    "Z00.0": "осмотр диспансеризация",
}


@dataclass
class _Line:
    number: str
    code: str
    name: str
    parent: str
    is_active: bool


def looks_right(path: Path) -> bool:
    """Whether a file is this table, told by its first line."""
    try:
        with _opened(path) as file:
            return file.readline(400).strip().lstrip("\ufeff") == _HEADER
    except (OSError, UnicodeDecodeError, lzma.LZMAError, EOFError):
        return False


def info_of(path: Path) -> PackInfo:
    """What the pack will say of itself; the table's last change is its date."""
    dates = re.findall(r"\"(\d\d)\.(\d\d)\.(\d{4})\"", _text(path))
    last = max((f"{year}-{month}-{day}" for day, month, year in dates), default="")
    return PackInfo(
        id="mkb10",
        title="МКБ-10",
        system=System.MKB10,
        version=last or "2.27",
        language="ru",
        source=f"https://nsi.rosminzdrav.ru/dictionaries/{OID}",
        licence="Official document of the Ministry of Health of Russia (Civil Code, art. 1259);"
        " ICD-10 is the World Health Organization's",
        dated_on=last,
    )


def concepts(path: Path) -> Iterator[Concept]:
    """The terms, the shorter codes first.

    Raises:
        BadFileError: a line has not the eight columns of the table.
    """
    lines = list(_lines(path))
    codes = {line.number: line.code for line in lines}
    names = {line.number: line.name for line in lines if _CODE.fullmatch(line.code)}
    parents = {line.parent for line in lines if line.is_active}
    for line in sorted(lines, key=lambda each: (len(each.code) > 5, len(each.code), each.code)):
        is_code = bool(_CODE.fullmatch(line.code))
        yield Concept(
            code=line.code,
            display=line.name,
            parent=codes.get(line.parent, ""),
            is_selectable=is_code and line.is_active and line.number not in parents,
            is_active=line.is_active,
            is_common=line.code in _SHORT,
            # A subcategory often says its own part only: "камни желчного пузыря …" of K80.
            synonyms=" ".join((_SHORT.get(line.code, ""), names.get(line.parent, ""))),
        )


def _lines(path: Path) -> Iterator[_Line]:
    reader = csv.reader(io.StringIO(_text(path)), delimiter=";")
    next(reader, None)
    seen: set[str] = set()
    for row in reader:
        if len(row) != _HEADER.count(";") + 1 or not row[2] or not row[3]:
            raise BadFileError(
                _("Line {line} is not a line of this table.").format(line=reader.line_num),
                kept=_("Nothing was added."),
                place=f"{path}:{reader.line_num}",
            )
        number, _record, code, name, parent, _extra, actual, _date = row
        if code in seen and actual != _ACTIVE:
            continue  # an earlier wording of a code that is still in use
        seen.add(code)
        yield _Line(number, code, name, parent, actual == _ACTIVE)


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _text(path: Path) -> str:
    try:
        with _opened(path) as file:
            text = file.read(_MOST_BYTES + 1)
    except (OSError, UnicodeDecodeError, lzma.LZMAError, EOFError) as error:
        raise BadFileError(
            _("The table cannot be read: {reason}").format(reason=error), place=str(path)
        ) from error
    if len(text) > _MOST_BYTES:
        raise BadFileError(_("The file is too large for this table."), place=str(path))
    return text.lstrip("\ufeff")
