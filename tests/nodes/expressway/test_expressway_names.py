"""What an Expressway's certificate has to be called, and what fits into a request."""

from __future__ import annotations

from string import ascii_lowercase

from hypothesis import given
from hypothesis import strategies as st

from twin.nodes.expressway.names import ExpresswayNames, within


def test_names_are_in_the_pages_order_and_once() -> None:
    """Own, cluster, domains, profiles, federation, aliases; what is twice is asked for once."""
    names = ExpresswayNames(
        "e1.x.com", "e.x.com", ("collab-edge.x.com", "y.com"), ("secure.x.com",),
        ("y.com", "fed.x.com"), ("conference.x.com",),
    )  # fmt: skip
    assert names.required == (
        "e1.x.com", "e.x.com", "collab-edge.x.com", "y.com", "secure.x.com", "fed.x.com",
        "conference.x.com",
    )  # fmt: skip
    assert names.common_name == "e1.x.com"


def test_a_peer_alone_needs_its_own_name_only() -> None:
    """Without features and cluster there is one name."""
    assert ExpresswayNames("e1.x.com").required == ("e1.x.com",)


@given(
    names=st.lists(st.text(ascii_lowercase, min_size=1, max_size=40), max_size=60).map(tuple),
    limit=st.integers(0, 999),
)
def test_what_fits_is_the_longest_beginning(names: tuple[str, ...], limit: int) -> None:
    """The names kept are the first ones, within the limit, and one more would not fit."""
    kept = within(names, limit)
    assert kept == names[: len(kept)]
    assert len(",".join(f"DNS:{name}" for name in kept)) <= limit or not kept
    if len(kept) < len(names):
        more = names[: len(kept) + 1]
        assert len(",".join(f"DNS:{name}" for name in more)) > limit
    assert within(names, None) == names
