"""The trusted CA list: append never replaces, one of a name counts, reset drops all."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.pki.authorities import START, authority
from twin.nodes.expressway.ca_list import TrustedCAList
from twin.pki.certificates import Certificate

ROOT = authority("A", 60)
POOL = (
    ROOT.certificate,
    *(authority(name, n).certificate for n, name in enumerate("BCAB", start=61)),
    *(authority("Under", n, issuer=ROOT).certificate for n in (66, 67)),
)
FACTORY = (authority("Temporary", 68).certificate,)

operations = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.sampled_from(POOL), max_size=3)),
        st.tuples(st.just("delete"), st.sampled_from(POOL)),
        st.tuples(st.just("reset"), st.none()),
    ),
    max_size=12,
)


@given(script=operations)
def test_the_list_is_what_was_appended_and_not_taken_out(script: list) -> None:
    """Against a plain list: order of appending, nothing twice, reset to the factory's."""
    found, model = TrustedCAList(FACTORY), list(FACTORY)
    for word, what in script:
        if word == "append":
            new = [one for one in dict.fromkeys(what) if one not in model]
            assert found.append(what) == len(new)
            model += new
        elif word == "delete":
            kept = [one for one in model if one.common_name != what.common_name]
            gone = found.delete(lambda one, cn=what.common_name: one.common_name == cn)
            assert gone == len(model) - len(kept)
            model = kept
        else:
            found.reset()
            model = list(FACTORY)
        assert found.entries == tuple(model)
        _one_anchor_of_a_name(found.entries, found.anchors)


def _one_anchor_of_a_name(
    entries: tuple[Certificate, ...], anchors: tuple[Certificate, ...]
) -> None:
    roots = [one for one in anchors if one.is_self_issued]
    names = [one.common_name for one in entries if one.is_self_issued]
    assert [one.common_name for one in roots] == [
        name for n, name in enumerate(names) if name not in names[n + 1 :]
    ]
    assert [one for one in anchors if not one.is_self_issued] == [
        one for one in entries if not one.is_self_issued
    ], "intermediates never shadow each other"


def test_which_of_two_counts_is_a_matter_of_order() -> None:
    """The last one of a name, or the first if the list is made so."""
    old, new = POOL[0], POOL[3]
    assert old.common_name == new.common_name
    for last_wins, expected in ((True, (new,)), (False, (old,))):
        found = TrustedCAList(last_wins=last_wins)
        found.append([old, new])
        assert found.anchors == expected
        assert len(found.entries) == 2
        found.delete(lambda one: one == new)
        assert found.anchors == (old,)


def test_a_change_is_told_only_if_there_was_one() -> None:
    """Appending what is there, or deleting what is not, changes nothing."""
    found, heard = TrustedCAList(FACTORY), []
    found.on_change.append(lambda: heard.append(len(found.entries)))
    found.append(POOL[:2])
    found.append(POOL[:2])
    found.delete(lambda one: one.common_name == "nobody")
    found.delete(lambda one: one == POOL[0])
    found.reset()
    assert heard == [3, 2, 1]


def test_expired_entries_are_marked() -> None:
    """By the second after notAfter, wherever they stand in the list."""
    old = authority("Old", 69, days=401).certificate
    found = TrustedCAList((*FACTORY, old))
    assert found.expired(START) == ()
    assert found.expired(old.not_after) == ()
    assert found.expired(old.not_after + timedelta(seconds=1)) == (old,)
