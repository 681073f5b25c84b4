"""How the exchange stands, in words: never better than it is known to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clinic_desktop.errors import (
    AddressError,
    ClinicError,
    CopiedRecordError,
    RevokedError,
    StoppedError,
)
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.sync.standing import Standing
from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper
from clinic_desktop.ui.theme.tokens import Tone


@dataclass(frozen=True)
class Said:
    """A sentence, what follows from it, and how much it matters."""

    tone: Tone
    title: str
    text: str = ""
    asks_address: bool = False
    """Whether an owner should look at the address of the server."""


def said(keeper: ExchangeKeeper, now: datetime) -> Said:
    """The state and the next step, for the page of the exchange."""
    found, error = keeper.standing, keeper.error
    if found is None:
        return Said(
            Tone.NEUTRAL,
            _("This PC works alone"),
            _("Nothing is exchanged with other PCs. The record is whole without them."),
        )
    if isinstance(error, RevokedError):
        return Said(Tone.DANGER, error.message, _sentences(_stranded(found), _after(error)))
    if isinstance(error, CopiedRecordError):
        return Said(Tone.DANGER, error.message, _sentences(_after(error), _waiting(found)))
    if keeper.is_running:
        return Said(Tone.INFO, _("Exchanging with the other PCs…"), _waiting(found))
    state = _held(found, now) or _failed(found, error) or _open(found) or _at_the_server(found)
    apart = _clock(found)
    if state is None and apart:  # nothing else is wrong, and this is more than a remark
        whole = _whole(found)
        return Said(Tone.WARN, apart, _sentences(_clock_advice(), f"{whole.title}.", whole.text))
    state = state or _whole(found)
    return replace(state, text=_sentences(state.text, apart, apart and _clock_advice()))


def _sentences(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _after(error: ClinicError) -> str:
    return _sentences(error.kept, error.hint)


def _stranded(found: Standing) -> str:
    """Of a PC that was taken out: what it will not send any more."""
    if not found.written:
        return ""
    words = ngettext(
        "{n} change, made {moment}, reached no other PC and stays here: show it to the owner.",
        "{n} changes, the oldest made {moment}, reached no other PC and stay here: show them to "
        "the owner.",
        found.written,
    )
    made = current().datetime(found.oldest_unsent) if found.oldest_unsent else ""
    return words.format(n=isolate(current().number(found.written)), moment=isolate(made))


def _held(found: Standing, now: datetime) -> Said | None:
    if found.paused_until is not None and found.is_paused(now):
        words = _("Paused until {moment}")
        title = words.format(moment=isolate(current().datetime(found.paused_until)))
        text = _("Then it goes on by itself; before, when you press “Exchange now”.")
        return Said(Tone.WARN, title, _sentences(_waiting(found), text))
    if found.is_used_up:
        text = _("It goes on next month, when you allow more, or when you press “Exchange now”.")
        return Said(
            Tone.WARN,
            _("The amount of data chosen for this month is used up"),
            f"{_waiting(found)} {text}".strip(),
        )
    return None


def _failed(found: Standing, error: ClinicError | None) -> Said | None:
    if error is None or isinstance(error, StoppedError):
        return None
    again = _("It is tried again by itself.")
    text = _sentences(error.kept, _waiting(found), error.hint, again, _met(found))
    return Said(Tone.WARN, error.message, text, isinstance(error, AddressError))


def _met(found: Standing) -> str:
    """What goes on in the house while the server is away."""
    if found.last_met is None or (found.last_ok is not None and found.last_met < found.last_ok):
        return ""
    words = _("The PCs met at the hub {moment}.")
    return words.format(moment=isolate(current().datetime(found.last_met)))


def _open(found: Standing) -> Said | None:
    """What is here and not yet where it should be."""
    if found.open.kept_out:
        words = ngettext(
            "{n} change of another PC could not be taken into the record",
            "{n} changes of other PCs could not be taken into the record",
            found.open.kept_out,
        )
        text = _("It is kept aside, whole. Everything else goes on. Ask for help.")
        return Said(Tone.DANGER, _count(words, found.open.kept_out), text)
    if found.open.newer:
        words = ngettext(
            "{n} change of another PC needs a newer version of this program",
            "{n} changes of other PCs need a newer version of this program",
            found.open.newer,
        )
        text = _("They are kept here, whole, and come into the record when the program of this PC "
                 "has been updated. What is written here goes out as before.")  # fmt: skip
        return Said(Tone.WARN, _count(words, found.open.newer), text)
    waits = _unconfirmed(found) or _without_key(found)
    if waits is not None:
        return waits
    if found.open.to_apply:
        words = ngettext(
            "{n} change of another PC waits here for one before it",
            "{n} changes of other PCs wait here for others before them",
            found.open.to_apply,
        )
        text = _("They come as soon as that PC brings what is missing.")
        return Said(Tone.WARN, _count(words, found.open.to_apply), text)
    if not found.is_finished:
        return Said(
            Tone.WARN,
            _("A PC was let in or taken out, but the server or another PC does not know it yet"),
            _("An owner signs in at this PC and presses “Exchange now”."),
        )
    if not found.server:
        return _by_stick(found)
    if found.last_ok is None:
        text = _("It happens by itself within a few minutes, or when you press “Exchange now”.")
        return Said(
            Tone.WARN, _("Nothing has been exchanged yet"), _sentences(_waiting(found), text)
        )
    return Said(Tone.INFO, _waiting(found)) if found.written else None


def _at_the_server(found: Standing) -> Said | None:
    """A copy there that is wrong, or none where one is needed: what a PC did that is gone."""
    if found.is_doubted:
        return Said(
            Tone.DANGER,
            _("A copy of the record at the server is not what the PCs hold"),
            _("A PC found it and no PC takes it; nothing of the record was lost or changed. Ask "
              "for help: another PC, or the server, may have a fault."),
        )  # fmt: skip
    if not found.server_lacks:
        return None
    words = ngettext(
        "The server is no second copy yet: it lacks earlier work of {n} PC",
        "The server is no second copy yet: it lacks earlier work of {n} PCs",
        found.server_lacks,
    )
    text = _("It is all in the record of this PC. The server has it once a copy of the record was "
             "left there and another PC has checked it, which happens by itself.")  # fmt: skip
    return Said(Tone.WARN, _count(words, found.server_lacks), text)


def _unconfirmed(found: Standing) -> Said | None:
    """This PC, or another, came by itself after a PC was taken out."""
    if found.is_waiting:
        return Said(Tone.WARN, _("This PC waits to be confirmed by an owner"), found.awaits)
    if found.waiting:
        return Said(Tone.WARN, _("A PC came by itself, and waits for an owner"), found.awaits)
    return None


def _without_key(found: Standing) -> Said | None:
    """A PC was taken out, and the key that it does not have is not here either."""
    if found.key_since is None or found.key_until is None:
        return None
    moments = (found.key_since, found.key_until)
    first, last = (isolate(current().datetime(moment)) for moment in moments)
    text = _("It comes from a PC that has it, when both have exchanged. Until then this PC seals "
             "with the key before, and what is sealed with the new one waits. If nobody has it "
             "by {last}, the PC of an owner who is signed in then makes another.")  # fmt: skip
    return Said(
        Tone.WARN,
        _("The key that counts since {first} is not at this PC yet").format(first=first),
        text.format(last=last),
    )


def _by_stick(found: Standing) -> Said:
    """What another PC brought back, it surely has; of the rest nobody knows."""
    if found.hubs or found.hub_port:
        return _at_hub(found)
    title = _("The PCs exchange by a stick")
    if not found.written:
        words = _("Another PC has every entry that was written here. Documents go along with "
                  "“Documents too”; whether they arrived is not known here.")  # fmt: skip
        return Said(Tone.NEUTRAL, title, words)
    words = ngettext(
        "{n} change is not known to be at another PC yet: write it to a stick.",
        "{n} changes are not known to be at another PC yet: write them to a stick.",
        found.written,
    )
    return Said(Tone.INFO, title, _count(words, found.written))


def _at_hub(found: Standing) -> Said:
    """The same where the PCs meet in the house, and no server is in use."""
    if found.last_met is None:
        title = _("The PCs meet at a hub")
    else:
        moment = isolate(current().datetime(found.last_met))
        title = _("Last meeting at the hub: {moment}").format(moment=moment)
    if found.hub_port:
        text = _("This PC is the hub: the others come while this program is open.")
    else:
        text = _("They meet while the program is open at the hub.")
    return Said(Tone.INFO if found.written else Tone.NEUTRAL, title,
                _sentences(text, _unknown_elsewhere(found)))  # fmt: skip


def _unknown_elsewhere(found: Standing) -> str:
    if not found.written:
        return _("Another PC has every entry that was written here.")
    words = ngettext(
        "{n} change is not known to be at another PC yet.",
        "{n} changes are not known to be at another PC yet.",
        found.written,
    )
    return _count(words, found.written)


def _whole(found: Standing) -> Said:
    """The best that can be known: the others may be switched off."""
    moment = isolate(current().datetime(found.last_ok)) if found.last_ok else ""
    if found.has_paid_line:
        text = _("The server has everything that was written here until then. What each of the "
                 "other PCs has is listed below.")  # fmt: skip
    else:
        text = _("The hub has everything that was written here until then. What each of the "
                 "other PCs has is listed below.")  # fmt: skip
    return Said(Tone.NEUTRAL, _("Last exchange: {moment}").format(moment=moment), text)


def _waiting(found: Standing) -> str:
    if not found.written:
        return ""
    words = ngettext(
        "{n} change waits here, made {moment}.",
        "{n} changes wait here, the oldest made {moment}.",
        found.written,
    )
    made = current().datetime(found.oldest_unsent) if found.oldest_unsent else ""
    return words.format(n=isolate(current().number(found.written)), moment=isolate(made))


def _clock(found: Standing) -> str:
    """How far the clock of this PC is from the server's, where that is worth a word."""
    off = abs(found.clock_off)
    if not off:
        return ""
    days, minutes = off.days, round(off / timedelta(minutes=1))
    apart = ngettext(
        "The clocks of this PC and of the server are {n} minute apart.",
        "The clocks of this PC and of the server are {n} minutes apart.",
        minutes,
    )
    if days > 1:
        apart = ngettext(
            "The clocks of this PC and of the server are {n} day apart.",
            "The clocks of this PC and of the server are {n} days apart.",
            days,
        )
    return _count(apart, days if days > 1 else minutes)


def _clock_advice() -> str:
    return _(
        "Nothing is lost or decided by it, but what is written here may bear a wrong time: "
        "look at the clock of this PC."
    )


def _count(words: str, count: int) -> str:
    return words.format(n=isolate(current().number(count)))


def short(keeper: ExchangeKeeper, now: datetime) -> tuple[str, str]:
    """The same for the line below every screen: words and tone; no words where the PC is alone."""
    found = keeper.standing
    if found is None:
        return "", "muted"
    if keeper.is_running:
        return _("Exchanging with the other PCs…"), "muted"
    state = said(keeper, now)
    tone = {Tone.DANGER: "danger", Tone.WARN: "warn"}.get(state.tone, "muted")
    if not found.written or isinstance(keeper.error, RevokedError):  # those wait for nothing
        return state.title.rstrip("."), tone
    words = ngettext("{n} change waits", "{n} changes wait", found.written)
    waits = _count(words, found.written)
    return (f"{state.title.rstrip('.')} · {waits}" if state.tone is not Tone.INFO else waits), tone


def received_words(received: int, size: int) -> str:
    """How much of a record has come; ``size`` in bytes."""
    return ngettext(
        "{count} change received, {size}", "{count} changes received, {size}", received
    ).format(count=isolate(current().number(received)), size=size_words(size))


def size_words(count: int) -> str:
    """Bytes, as people pay for them."""
    if count < 1_000_000:
        return _("{size} kB").format(size=isolate(current().number(round(count / 1e3, 1))))
    return _("{size} MB").format(size=isolate(current().number(round(count / 1e6, 1))))
