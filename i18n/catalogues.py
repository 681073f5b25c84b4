"""The catalogues of translations: take texts from the code, bring them up to date, check them.

python i18n/catalogues.py update     read the code, write messages.pot and every .po
python i18n/catalogues.py compile    write the .mo files and the pseudo-locale
python i18n/catalogues.py check      say what is stale, missing or broken
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "clinic_desktop"
TEMPLATE = HERE / "messages.pot"
COMPLETE = ("ru", "ar")
"""Languages of the window: not one text may be missing."""
PSEUDO = "en_XA"
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# A fixed date: the file changes when a text changes, not when somebody runs this.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# Arabic writes none, one and two in words, Hebrew one and two: those forms may leave it out.
FORMS_WITHOUT_NUMBER = {"ar": 3, "he": 2}
LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzACDEGHIKLNOSTUYZ",
    "àƀçđéƒĝĥîĵķĺɱñöþǫŕšţûṽŵẋýžÀÇĐÉĜĤÎĶĹÑÖŠŢÛÝŽ",
)
PADDING = "ĺöñĝ "


def extract() -> Catalog:
    """Every text marked for translation in the code."""
    catalogue = Catalog(
        project="Clinic Desktop",
        copyright_holder="the Clinic Desktop authors",
        msgid_bugs_address="",
        creation_date=EPOCH,
        revision_date=EPOCH,
    )
    methods = [("**/gallery/**.py", "ignore"), ("**.py", "python")]  # developers read English
    found = extract_from_dir(SOURCE, methods, keywords=KEYWORDS, comment_tags=("Translators:",))
    for name, _line, texts, comments, context in found:
        place = (Path(SOURCE.name, name).as_posix(), 0)
        catalogue.add(texts, None, [place], auto_comments=comments, context=context)
    return catalogue


def languages() -> dict[str, Path]:
    """The languages with a catalogue in this folder."""
    return {path.parent.parent.name: path for path in sorted(HERE.glob("*/LC_MESSAGES/*.po"))}


def read(language: str, path: Path) -> Catalog:
    """A language's catalogue; an empty one where there is no file yet."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(path: Path, catalogue: Catalog) -> None:
    """Write a text catalogue so that it differs only where a text differs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, include_lineno=False, sort_output=True, ignore_obsolete=True)


def update() -> int:
    """Read the code and bring the template and every language up to date."""
    template = extract()
    write(TEMPLATE, template)
    for language in sorted({*languages(), *COMPLETE}):
        path = HERE / language / "LC_MESSAGES" / "messages.po"
        catalogue = read(language, path)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.creation_date = catalogue.revision_date = EPOCH
        catalogue.obsolete.clear()
        write(path, catalogue)
        missing = sum(1 for _ in untranslated(catalogue))
        print(f"{language}: {len(catalogue)} texts, {missing} to translate")
    return 0


def compile_all() -> int:
    """Write the binary catalogues that the program reads, the pseudo-locale among them."""
    for language, path in languages().items():
        write_binary(path.with_suffix(".mo"), read(language, path))
    write_binary(HERE / PSEUDO / "LC_MESSAGES" / "messages.mo", pseudo(extract()))
    return 0


def write_binary(path: Path, catalogue: Catalog) -> None:
    """Write one ``.mo`` file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)


def pseudo(template: Catalog) -> Catalog:
    """English with foreign letters, two fifths longer, in brackets that show what is cut off."""
    catalogue = Catalog(locale="en", creation_date=EPOCH, revision_date=EPOCH)
    for message in texts_of(template):
        forms = tuple(lengthened(text) for text in forms_of(message.id))
        catalogue.add(
            message.id, forms if message.pluralizable else forms[0], context=message.context
        )
    return catalogue


def lengthened(text: str) -> str:
    """One text of the pseudo-locale; placeholders and markup stay as they are."""
    parts, plain = [], 0
    for literal, field, spec, conversion in Formatter().parse(text):
        parts.append(foreign(literal.replace("{", "{{").replace("}", "}}")))
        plain += len(literal)
        if field is not None:
            tail = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            parts.append("{" + field + tail + "}")
    pad = max(1, plain * 2 // 5)
    return "⟦" + "".join(parts) + " " + (PADDING * (pad // len(PADDING) + 1))[:pad].rstrip() + "⟧"


def foreign(text: str) -> str:
    """Swap letters outside of ``<markup>``."""
    pieces = text.split("<")
    swapped = [pieces[0].translate(LETTERS)]
    for piece in pieces[1:]:
        tag, end, rest = piece.partition(">")
        swapped.append(f"<{tag}{end}{rest.translate(LETTERS)}" if end else f"<{piece}")
    return "".join(swapped)


def texts_of(catalogue: Catalog) -> Iterator[Message]:
    """Messages without the header."""
    return (message for message in catalogue if message.id)


def forms_of(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The singular alone, or every plural form."""
    return (text,) if isinstance(text, str) else tuple(text)


def key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    """What makes a text the same text."""
    return message.context, forms_of(message.id)


def untranslated(catalogue: Catalog) -> Iterator[Message]:
    """Texts without a translation, or with one that a person still has to look at."""
    for message in texts_of(catalogue):
        if message.fuzzy or not all(forms_of(message.string or "")):
            yield message


def fields(text: str) -> set[str]:
    """The placeholders of a text."""
    return {field for _literal, field, _spec, _conversion in Formatter().parse(text) if field}


def faults(language: str, message: Message) -> Iterator[str]:
    """What would break or look wrong when this translation is shown."""
    source = forms_of(message.id)
    wanted = fields(source[-1])
    for index, form in enumerate(forms_of(message.string or "")):
        if not form:  # counted as untranslated
            continue
        try:
            given = fields(form)
        except ValueError as error:
            yield f"cannot be filled in ({error})"
            continue
        may_lack = message.pluralizable and index < FORMS_WITHOUT_NUMBER.get(language, 0)
        if given - wanted or (wanted - given and not may_lack):
            yield f"has the placeholders {sorted(given)} instead of {sorted(wanted)}"
        if (form != form.strip()) != (source[0] != source[0].strip()):
            yield "differs in the space at its ends"


def problems() -> Iterator[str]:
    """Everything that keeps the catalogues from being released."""
    wanted = {key(message) for message in texts_of(extract())}
    known = {key(message) for message in texts_of(read("en", TEMPLATE))}
    if wanted != known:
        yield f"messages.pot is stale: {len(wanted ^ known)} texts differ; run 'make i18n'"
    for language in COMPLETE:
        if language not in languages():
            yield f"{language} has no catalogue"
    for language, path in languages().items():
        catalogue = read(language, path)
        have = {key(message) for message in texts_of(catalogue)}
        if have != wanted:
            yield f"{language} is stale: {len(have ^ wanted)} texts differ; run 'make i18n'"
        if language in COMPLETE:
            for message in untranslated(catalogue):
                yield f"{language} lacks {message.id!r}"
        for message in texts_of(catalogue):
            for fault in faults(language, message):
                yield f"{language}: the translation of {message.id!r} {fault}"


def check() -> int:
    """Print what is wrong; 1 if something is."""
    found = list(problems())
    print("\n".join(found) or f"{len(list(texts_of(extract())))} texts, all languages complete")
    return 1 if found else 0


COMMANDS: dict[str, Callable[[], int]] = {"update": update, "compile": compile_all, "check": check}


def main(arguments: list[str]) -> int:
    """Run the command named first."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(__doc__)
        return 2
    return COMMANDS[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
