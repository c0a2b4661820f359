"""Chance: what a draw depends on, and a few draws by heart so that no change goes unnoticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.kernel.streams import GAMMA, Law, PhoneStreams, Streams, key64, mix64

MILLION = Law("uniform", 0.0, 0.0, 1e6)
LAWS = {
    "fixed": Law("fixed", 5.0, 0.0, 9.0),
    "deterministic": Law("deterministic", 5.0, 0.0, 9.0),
    "uniform": Law("uniform", 0.0, 2.0, 6.0),
    "exponential": Law("exponential", 10.0, 0.0, 100.0),
    "lognormal": Law("lognormal", 10.0, 2.0, 40.0, 0.5),
    "triangular": Law("triangular", 5.0, 3.0, 15.0),
    "bernoulli": Law("bernoulli", 0.3, 0.0, 1.0),
}
WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
SEEDS = st.integers(-(1 << 70), 1 << 70)


def test_the_generator_is_splitmix64() -> None:
    """The first numbers from seed 1234567 are those every splitmix64 gives."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [mix64(1234567 + n * GAMMA) for n in range(3)] == published


def test_keys_by_heart() -> None:
    """A stream's key is what it was in every earlier version."""
    assert key64("node", "pub", 3) == 0x3B605BDC2DBB45D3
    assert Streams(1).key("pub", "certificate_regen_s") == 0x6EDBC75819FA176D


def test_draws_of_a_node_by_heart() -> None:
    """The first uniforms of a stream, and a value of each law, are what they always were."""
    streams = Streams(1)
    uniforms = [streams.uniform("pub", "restart", n) for n in range(4)]
    known = [0.5039190269391196, 0.017285155457449186, 0.5272623340384963, 0.3720747005064477]
    assert uniforms == known
    values = {kind: streams.draw(law, "pub", "restart", 2) for kind, law in LAWS.items()}
    assert values == pytest.approx(
        {
            "fixed": 5.0,
            "deterministic": 5.0,
            "uniform": 3.2358692469789627,
            "exponential": 11.745197949141048,
            "lognormal": 5.447112586007574,
            "triangular": 5.893742668327942,
            "bernoulli": 0.0,
        },
        rel=1e-12,
    )


def test_draws_of_phones_by_heart() -> None:
    """Four phones' delays for two counts and two laws are what they always were."""
    phones = PhoneStreams(Streams(1), [f"SEP00112233440{n}" for n in range(4)])
    assert list(phones.integers(MILLION, "jitter", 0)) == [333092, 568103, 180786, 858109]
    assert list(phones.integers(MILLION, "jitter", 7)) == [342852, 544980, 706623, 856503]
    boot = Law("lognormal", 60_000, 20_000, 200_000, 0.35)
    assert list(phones.integers(boot, "boot", 0)) == [61984, 61830, 106792, 48210]


def test_octets_by_heart() -> None:
    """Serials and identifiers from a seed are what they always were."""
    assert Streams(1).octets(8, "serial", "pub", 0).hex() == "fbf84ceba26feafa"
    assert Streams(1).uuid("pkid", "pub") == "919653ed-42c9-5e22-6a29-6cb1cebea88c"


def test_a_draw_depends_on_seed_entity_purpose_and_count() -> None:
    """Each of the four, changed alone, gives another value, for nodes and for phones."""
    asked = [(1, "pub", "restart", 0), (2, "pub", "restart", 0), (1, "sub", "restart", 0)]
    asked += [(1, "pub", "regenerate", 0), (1, "pub", "restart", 1)]
    assert len({Streams(seed).draw(MILLION, *rest) for seed, *rest in asked}) == len(asked)
    of_phones = {
        float(PhoneStreams(Streams(seed), [phone]).values(MILLION, purpose, count)[0])
        for seed, phone, purpose, count in asked
    }
    assert len(of_phones) == len(asked)


@given(SEEDS, st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=40))
def test_the_next_draw_of_a_stream_does_not_depend_on_other_streams(
    seed: int, asked: list[tuple[str, str]]
) -> None:
    """However streams are asked in turn, each gives its own values 0, 1, 2 and so on."""
    streams = Streams(seed)
    given_so_far: dict[tuple[str, str], int] = {}
    for name in asked:
        count = given_so_far.get(name, 0)
        assert streams.draw(MILLION, *name) == Streams(seed).draw(MILLION, *name, count)
        given_so_far[name] = count + 1


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())
@given(seed=SEEDS, entity=WORDS, number=st.integers(0, 1 << 40), size=st.integers(1, 9))
def test_a_block_is_its_single_draws(
    law: Law, seed: int, entity: str, number: int, size: int
) -> None:
    """Block `number` holds the values number*size and on, as drawn one by one."""
    streams = Streams(seed)
    single = [streams.draw(law, entity, "p", number * size + n) for n in range(size)]
    assert streams.block(law, entity, "p", number, size) == pytest.approx(single, rel=1e-13)


@given(
    seed=SEEDS,
    names=st.lists(WORDS, min_size=1, max_size=12, unique=True),
    count=st.integers(0, 1 << 62),
    data=st.data(),
)
def test_a_phone_draws_the_same_in_any_company(
    seed: int, names: list[str], count: int, data: st.DataObject
) -> None:
    """Adding, leaving out or permuting phones leaves each phone's own draws alone."""
    others = data.draw(st.permutations(names))[: data.draw(st.integers(1, len(names)))]
    streams = Streams(seed)
    values = {
        kind: [PhoneStreams(streams, who).values(law, "boot", count) for who in (names, others)]
        for kind, law in LAWS.items()
    }
    at = [names.index(name) for name in others]
    for everyone, some in values.values():
        assert some == pytest.approx(everyone[at], rel=1e-13)


def test_whole_numbers_are_the_values_rounded() -> None:
    """`integers` rounds each phone's value to the nearest whole number."""
    phones = PhoneStreams(Streams(5), [f"SEP{n}" for n in range(1_000)])
    law = Law("uniform", 0.0, 0.0, 20.0)
    values = phones.values(law, "p", 3)
    whole = np.array(phones.integers(law, "p", 3))
    assert np.abs(whole - values).max() <= 0.5
    assert set(whole.tolist()) == set(range(21))


def test_octets_belong_to_a_name_and_a_seed() -> None:
    """Another name, or another seed, has other bytes, of the size asked for."""
    names = [("serial", "pub", 0), ("serial", "pub", 1), ("serial", "sub", 0)]
    found = {Streams(seed).octets(16, *name) for seed in (1, 2) for name in names}
    assert len(found) == 6
    assert {len(octets) for octets in found} == {16}
