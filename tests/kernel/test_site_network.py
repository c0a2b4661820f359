"""Paths between sites: who reaches whom, how far, and how long a file takes."""

from __future__ import annotations

import pytest

from twin.kernel.network import LAN_RTT_MS, Network, SiteLink


@pytest.fixture
def network() -> Network:
    """A centre beside the core, two branches, and a site without any distance."""
    return Network(
        [
            SiteLink("centre", 1, 1000.0),
            SiteLink("branch", 80, 10.0),
            SiteLink("island", 250, 0.5),
            SiteLink("core", 0, 10_000.0),
        ]
    )


def test_sites_are_found_by_name(network: Network) -> None:
    """The index of a site is its place in the model."""
    assert network.index == {"centre": 0, "branch": 1, "island": 2, "core": 3}


def test_two_sites_are_as_far_apart_as_both_from_the_core(network: Network) -> None:
    """The round trip adds both links, in either direction."""
    assert network.rtt_ms(1, 2) == network.rtt_ms(2, 1) == 330
    assert network.rtt_ms(1, 3) == 80


def test_inside_a_site_its_link_is_not_used(network: Network) -> None:
    """A far site is no further from itself than any other, and is there when it is cut off."""
    network.up[2] = False
    assert network.rtt_ms(2, 2) == LAN_RTT_MS
    assert network.reachable(2, 2)


def test_a_round_trip_is_never_shorter_than_on_a_lan() -> None:
    """Two sites without any distance still are a LAN apart."""
    network = Network([SiteLink("a", 0, 1.0), SiteLink("b", 0, 1.0)])
    assert network.rtt_ms(0, 1) == LAN_RTT_MS


def test_a_cut_site_is_reached_from_nowhere_else(network: Network) -> None:
    """Cutting one site cuts both directions to it, and no path between others."""
    network.up[1] = False
    cut = {(a, b) for a in range(4) for b in range(4) if not network.reachable(a, b)}
    assert cut == {(0, 1), (2, 1), (3, 1), (1, 0), (1, 2), (1, 3)}
    network.up[1] = True
    assert all(network.reachable(a, b) for a in range(4) for b in range(4))


def test_two_networks_share_no_state() -> None:
    """A cut in one run is not seen by another on the same sites."""
    sites = [SiteLink("a", 1, 1.0), SiteLink("b", 1, 1.0)]
    first, second = Network(sites), Network(sites)
    first.up[0] = False
    first.link_free_us[0] = 9
    assert second.reachable(0, 1)
    assert second.link_free_us == [0, 0]


def test_a_file_takes_its_bits_over_the_rate(network: Network) -> None:
    """12,500 bytes with a tenth of overhead are 110,000 bits: 11 ms at 10 Mbit/s."""
    assert network.transmit_us(1, 12_500, 1.1) == 11_000
    assert network.transmit_us(2, 12_500, 1.1) == 220_000
    assert network.transmit_us(1, 0, 1.1) == 0
