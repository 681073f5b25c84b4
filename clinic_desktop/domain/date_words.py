"""The words for days, months and spans of time that people type, in English, Russian, Arabic.

Everything is kept folded, as the typed text will be (``folding.fold``).
"""

from __future__ import annotations

from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.partial_dates import AgeUnit


def _folded(*texts: str) -> frozenset[str]:
    return frozenset(fold(word) for text in texts for word in text.split())


def _numbered(*lines: str) -> dict[str, int]:
    """Words of each line with the line's place, counted from 0."""
    return {word: place for place, line in enumerate(lines) for word in _folded(line)}


DAYS_FROM_TODAY = _numbered(
    "today сегодня اليوم",
    "tomorrow tmr tmrw завтра غدا غداً بكرة بكره",
    "послезавтра",
) | {"yesterday": -1, "вчера": -1, fold("أمس"): -1, fold("امبارح"): -1, "позавчера": -2}

_WEEKDAYS = _numbered(
    "monday понедельник الاثنين الإثنين اثنين",
    "tuesday вторник الثلاثاء ثلاثاء",
    "wednesday среда среду الأربعاء أربعاء",
    "thursday четверг الخميس خميس",
    "friday пятница пятницу الجمعة جمعة",
    "saturday суббота субботу السبت سبت",
    "sunday воскресенье воскресение الأحد أحد",
)
_SHORT_WEEKDAYS = _numbered("mo пн", "tu вт", "we ср", "th чт", "fr пт", "sa сб", "su вс")

_MONTHS = _numbered(
    "january январь января يناير",
    "february февраль февраля فبراير شباط",
    "march март марта مارس آذار",
    "april апрель апреля أبريل إبريل نيسان",
    "may май мая مايو أيار",
    "june июнь июня يونيو حزيران",
    "july июль июля يوليو تموز",
    "august август августа أغسطس آب",
    "september сентябрь сентября سبتمبر أيلول",
    "october октябрь октября أكتوبر",
    "november ноябрь ноября نوفمبر",
    "december декабрь декабря ديسمبر",
)
TWO_WORDS = {
    fold(two): fold(one)
    for two, one in (
        ("كانون الثاني", "يناير"),
        ("كانون الأول", "ديسمبر"),
        ("تشرين الأول", "أكتوبر"),
        ("تشرين الثاني", "نوفمبر"),
        ("بعد غد", "послезавтра"),
        ("day after tomorrow", "послезавтра"),
    )
}
"""Names of two words, put as one word the tables know."""

UNITS: dict[str, AgeUnit] = {
    word: unit
    for unit, words in (
        (AgeUnit.YEAR, "y yr yrs year years yo л лет г год года سنة سنوات سنين عام أعوام عاما"),
        (AgeUnit.MONTH, "m mo mos mth mths month months м мес месяц месяца месяцев شهر أشهر شهرا"),
        (AgeUnit.WEEK, "w wk wks week weeks н нед неделя неделю недели недель أسبوع أسابيع أسبوعا"),
        (AgeUnit.DAY, "d day days д дн день дня дней сут يوم أيام يوما"),
    )
    for word in _folded(words)
}  # fmt: skip
DUALS: dict[str, AgeUnit] = {
    word: unit
    for unit, words in (
        (AgeUnit.YEAR, "سنتين سنتان عامين عامان"),
        (AgeUnit.MONTH, "شهرين شهران"),
        (AgeUnit.WEEK, "أسبوعين أسبوعان"),
        (AgeUnit.DAY, "يومين يومان"),
    )
    for word in _folded(words)
}
"""Arabic words that mean two of a unit."""

YEAR_WORDS = _folded("г год года سنة عام")
ABOUT = _folded("about around circa ca c около примерно прим ок حوالي تقريبا نحو")
AHEAD = _folded("in через بعد")
BACK_BEFORE = _folded("قبل منذ")
BACK_AFTER = _folded("ago back назад")
ONE = _folded("a an one один одну")
AND = _folded("and и و")
AGED = _folded("old aged возраст عمره عمرها")

ON = _folded("on в во на في يوم")
AT = _folded("at @ в к الساعة")
MORNING = _folded("am a.m утра ص صباحا")
EVENING = _folded("pm p.m дня вечера م مساء")
CLOCK = _folded("h ч час часа часов oclock")


def weekday(word: str) -> int | None:
    """0 for Monday … 6 for Sunday, from a name or the start of one."""
    return _lookup(word, _WEEKDAYS, _SHORT_WEEKDAYS)


def month(word: str) -> int | None:
    """1 … 12 from a name or the start of one."""
    found = _lookup(word, _MONTHS, {})
    return None if found is None else found + 1


def _lookup(word: str, names: dict[str, int], short: dict[str, int]) -> int | None:
    if word in short:
        return short[word]
    if word in names:
        return names[word]
    if len(word) < 3:
        return None
    found = {place for name, place in names.items() if name.startswith(word)}
    return found.pop() if len(found) == 1 else None
