"""Who counts after a PC was taken out, whoever holds an owner's keys and writes what he likes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

import pytest

from clinic_desktop.security import membership_chain
from clinic_desktop.security.membership_confirmed import Confirmed, Written, judge
from clinic_desktop.security.membership_entries import (
    EPOCH_BITS,
    BeginEpoch,
    Body,
    Device,
    Entry,
    Genesis,
    NewRoot,
    PersonKeys,
    PutDevice,
    RevokeDevice,
)
from clinic_desktop.security.membership_forks import settle
from clinic_desktop.security.primitives import Identity
from tests.unit.security.test_membership import CLINIC, ROOT, identity, person, root_of

ANA, SHEET, THIEFS_SHEET = identity(1), ROOT, identity(666)
FRONT, BACK, LAPTOP, CAME, OTHER = (uuid.UUID(int=number) for number in range(901, 906))


def pc(which: uuid.UUID, keys: int | None = None) -> Device:
    public = identity(which.int if keys is None else keys).public
    return Device(which, "PC", public.signing, public.sealing)


@dataclass
class Logs:
    """What the PCs wrote, each with what it had seen."""

    written: list[Written] = field(default_factory=list)
    pasts: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    knows: dict[uuid.UUID, dict[int, int]] = field(default_factory=dict)
    seen: dict[uuid.UUID, list[Entry]] = field(default_factory=dict)

    def commit(self, device: uuid.UUID, *entries: Entry) -> None:
        """One commit of a PC that holds these."""
        knows = self.knows.setdefault(device, {})
        knows[device.int] = knows.get(device.int, 0) + 1
        place = (device.int, knows[device.int])
        self.pasts[place] = dict(knows)
        for entry in entries:
            self.written.append(Written(entry, device, place))
            self.seen.setdefault(device, []).append(entry)

    def write(self, device: uuid.UUID, body: Body, signer: Identity = ANA) -> Entry:
        """A step at a PC, after what it has seen."""
        state = settle(self.seen.get(device, [])).state
        entry, _after = membership_chain.write(state, signer, body, len(self.written) + 1)
        self.commit(device, entry)
        return entry

    def exchange(self, source: uuid.UUID, *targets: uuid.UUID) -> None:
        for target in targets:
            mine = self.knows.setdefault(target, {})
            for device, upto in self.knows[source].items():
                mine[device] = max(upto, mine.get(device, 0))
            have = self.seen.setdefault(target, [])
            have += [each for each in self.seen[source] if each not in have]

    def judged(self, here: uuid.UUID | None = None) -> Confirmed:
        def knew(one: Written, other: Written) -> bool:
            return self.pasts[one.place].get(other.place[0], 0) >= other.place[1]

        found = settle(dict.fromkeys(each.entry for each in self.written))
        for order in (self.written, self.written[::-1]):
            assert judge(found, order, knew, here).pcs == judge(found, self.written, knew, here).pcs
        return judge(found, self.written, knew, here)

    @property
    def waiting(self) -> set[uuid.UUID]:
        return set(self.judged().pcs)


@pytest.fixture
def logs() -> Logs:
    """Three PCs; one of them is about to be taken out at the first."""
    made = Logs()
    made.write(FRONT, Genesis(CLINIC, root_of(ROOT), (person(1, "owner"),), (pc(FRONT),)), ROOT)
    for device in (BACK, LAPTOP):
        made.write(FRONT, PutDevice(pc(device)))
    made.exchange(FRONT, BACK, LAPTOP, CAME)
    return made


def taken_out(logs: Logs, by: uuid.UUID = FRONT) -> Entry:
    return logs.write(by, RevokeDevice(LAPTOP, 0))


def test_nobody_waits_before_a_pc_is_taken_out(logs: Logs) -> None:
    logs.write(CAME, PutDevice(pc(CAME)))
    assert logs.waiting == set()


@pytest.mark.parametrize("knows_of_it", [True, False])
def test_who_came_by_itself_waits_whatever_it_says_to_know(logs: Logs, knows_of_it: bool) -> None:
    taken_out(logs)
    if knows_of_it:
        logs.exchange(FRONT, CAME)
    logs.write(CAME, PutDevice(pc(CAME)))
    assert logs.waiting == {CAME}
    assert logs.judged().since == {CAME: LAPTOP}
    assert logs.judged(here=CAME).pcs == set()
    assert logs.judged(here=BACK).pcs == {CAME}


def test_whom_whoever_took_the_pc_out_knew_does_not_wait(logs: Logs) -> None:
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.exchange(CAME, FRONT)
    taken_out(logs)
    assert logs.waiting == set()


def test_an_owner_at_another_pc_confirms(logs: Logs) -> None:
    taken_out(logs)
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.exchange(CAME, BACK)
    logs.write(BACK, PutDevice(pc(CAME)))
    assert logs.waiting == set()


def test_a_pc_that_was_let_in_at_one_that_counts_counts(logs: Logs) -> None:
    taken_out(logs)  # which the other PC has not heard of
    logs.write(BACK, PutDevice(pc(OTHER)))
    assert logs.waiting == set()


def test_those_that_wait_stand_for_nobody(logs: Logs) -> None:
    taken_out(logs)
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.write(CAME, PutDevice(pc(OTHER)))
    logs.exchange(CAME, OTHER)
    logs.write(OTHER, PutDevice(pc(CAME)))
    assert logs.waiting == {CAME, OTHER}
    assert logs.judged(here=CAME).pcs == set()
    logs.exchange(OTHER, BACK)
    logs.write(BACK, PutDevice(pc(CAME)))
    assert logs.waiting == set()


def test_what_the_pc_wrote_before_its_end_is_known_stands_for_nobody(logs: Logs) -> None:
    logs.write(LAPTOP, PutDevice(pc(CAME)))
    logs.exchange(LAPTOP, BACK)  # not to whoever takes it out
    taken_out(logs)
    assert logs.waiting == {CAME}


def test_what_it_wrote_before_and_all_who_took_it_out_had_seen_does(logs: Logs) -> None:
    logs.write(LAPTOP, PutDevice(pc(CAME)))
    logs.exchange(LAPTOP, FRONT)
    taken_out(logs)
    assert logs.waiting == set()
    taken_out(logs, BACK)  # who knows nothing of it
    logs.exchange(FRONT, BACK)
    assert logs.waiting == {CAME}, "one of two who took it out did not know of the other PC"


def test_other_keys_for_a_pc_that_is_there_make_it_another(logs: Logs) -> None:
    taken_out(logs)
    logs.exchange(FRONT, CAME)
    logs.write(CAME, PutDevice(pc(BACK, keys=667)))
    assert logs.waiting == {BACK}


def test_a_taking_out_that_is_written_once_more_changes_nothing(logs: Logs) -> None:
    """The author of a taking-out knows itself: he makes himself its author, too."""
    end = taken_out(logs)
    logs.exchange(FRONT, CAME)
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.commit(CAME, end)
    assert logs.waiting == {CAME}


def test_one_that_comes_earlier_in_the_order_changes_nothing(logs: Logs) -> None:
    """He takes the laptop out himself, with a lower number: the owner's step is passed over."""
    logs.write(CAME, PutDevice(pc(CAME)))
    taken_out(logs, CAME)
    for _filler in range(3):
        logs.write(FRONT, PutDevice(pc(BACK)))
    taken_out(logs)
    assert logs.waiting == {CAME}


def test_one_that_is_taken_out_while_it_waits_never_counted(logs: Logs) -> None:
    taken_out(logs)
    logs.write(CAME, PutDevice(pc(CAME)))
    begun = logs.write(CAME, BeginEpoch(1 << EPOCH_BITS, bytes(32), 0))
    logs.exchange(CAME, FRONT)
    logs.write(FRONT, RevokeDevice(CAME, 3))
    assert logs.waiting == set()
    assert logs.judged().begun == {begun.signature}, "nothing is sealed with its data key"


def test_a_data_key_begun_at_a_pc_that_counts_stands_wherever_it_lies(logs: Logs) -> None:
    taken_out(logs)
    begun = logs.write(FRONT, BeginEpoch(1 << EPOCH_BITS, bytes(32), 1))
    logs.exchange(FRONT, CAME)
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.commit(CAME, begun)
    assert logs.judged().begun == set()


def test_one_that_was_taken_out_begins_no_data_key_that_counts(logs: Logs) -> None:
    """Another PC of his says that it builds on it, and so it is applied."""
    taken_out(logs)
    begun = logs.write(LAPTOP, BeginEpoch(1 << EPOCH_BITS, bytes(32), 0))
    logs.exchange(LAPTOP, CAME)
    logs.write(CAME, PutDevice(pc(CAME)))
    assert logs.judged().begun == {begun.signature}


def test_the_sheet_stands_for_the_pc_where_it_is_used(logs: Logs) -> None:
    taken_out(logs)
    logs.exchange(FRONT, CAME)
    fresh = identity(77).public
    logs.write(CAME, PersonKeys(uuid.UUID(int=1), fresh.sealing, fresh.signing), SHEET)
    logs.write(CAME, PutDevice(pc(CAME)), identity(77))
    assert logs.waiting == set()


def test_a_step_of_the_sheet_that_was_taken_from_another_log_stands_for_nobody(
    logs: Logs,
) -> None:
    taken_out(logs)
    logs.exchange(FRONT, CAME)
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.commit(CAME, next(each.entry for each in logs.written if each.entry.n == 1))
    assert logs.waiting == {CAME}


def test_a_sheet_that_he_prints_counts_for_nothing(logs: Logs) -> None:
    taken_out(logs)
    assert logs.judged().root
    logs.exchange(FRONT, CAME)
    logs.write(CAME, NewRoot(root_of(THIEFS_SHEET)))
    logs.write(CAME, PutDevice(pc(CAME)), THIEFS_SHEET)
    assert logs.waiting == {CAME}
    assert not logs.judged().root


def test_a_sheet_that_was_printed_at_a_pc_that_counts_does(logs: Logs) -> None:
    taken_out(logs)
    logs.write(BACK, NewRoot(root_of(identity(78))))
    logs.exchange(BACK, FRONT)
    logs.write(FRONT, NewRoot(root_of(identity(79))), identity(78))
    assert logs.judged().root


def test_whoever_says_to_know_nothing_leaves_those_whom_his_step_follows(logs: Logs) -> None:
    """He takes out another PC of the practice, in a commit with an empty past."""
    taken_out(logs)
    logs.exchange(FRONT, CAME, BACK)
    logs.knows[CAME] = {}
    logs.write(CAME, RevokeDevice(BACK, 1))
    assert logs.waiting == set()


def test_the_sheet_ends_what_he_did_by_going_back_to_the_beginning(logs: Logs) -> None:
    """He takes out a PC in a step that follows the first one, and says to know nothing else."""
    taken_out(logs)
    logs.exchange(FRONT, BACK)
    began = next(each.entry for each in logs.written if each.entry.n == 1)
    logs.seen[CAME], logs.knows[CAME] = [began], {}
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.write(CAME, RevokeDevice(FRONT, 1))
    logs.exchange(CAME, BACK)
    assert BACK in logs.waiting, "he can do that while he has an owner's keys"
    fresh = identity(77).public
    logs.write(BACK, PersonKeys(uuid.UUID(int=1), fresh.sealing, fresh.signing), SHEET)
    assert logs.waiting == {CAME}


def test_he_cannot_put_himself_in_the_place_of_whoever_took_the_pc_out(logs: Logs) -> None:
    """The first entry, which the sheet signed, lies in the log of that PC, too."""
    taken_out(logs)
    logs.exchange(FRONT, CAME)
    logs.write(CAME, PutDevice(pc(FRONT, keys=667)))
    assert logs.waiting == {FRONT}
    logs.exchange(CAME, FRONT)
    logs.write(FRONT, PutDevice(pc(FRONT, keys=667)))  # written with these keys
    assert logs.waiting == {FRONT}
    logs.write(FRONT, PutDevice(pc(FRONT, keys=668)))
    assert logs.waiting == {FRONT}


def test_what_he_writes_in_the_name_of_another_pc_stands_for_nobody(logs: Logs) -> None:
    """He says keys of his own for it, writes with them, and says again those that it had."""
    taken_out(logs)
    logs.exchange(FRONT, CAME, BACK)
    logs.write(CAME, PutDevice(pc(CAME)))
    logs.write(CAME, PutDevice(pc(BACK, keys=667)))
    logs.exchange(CAME, BACK, FRONT)
    logs.write(BACK, PutDevice(pc(CAME)))
    logs.exchange(BACK, CAME)
    logs.write(CAME, PutDevice(pc(BACK)))
    logs.exchange(CAME, BACK, FRONT)
    assert logs.waiting == {CAME}
    assert logs.judged().unheard == {CAME, BACK}
    logs.write(FRONT, PutDevice(pc(CAME)))
    assert logs.waiting == set(), "at one of which nobody said such a thing it is confirmed"


def test_other_keys_that_one_that_counts_said_change_nothing(logs: Logs) -> None:
    taken_out(logs)
    logs.exchange(FRONT, BACK)
    logs.write(FRONT, PutDevice(pc(BACK, keys=71)))
    logs.exchange(FRONT, BACK)
    logs.write(BACK, PutDevice(pc(OTHER)))
    assert logs.waiting == set()
