"""The phone catalogue: what makes an entry well formed, and what the bundled one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.config.load import load_phone_catalogue
from twin.config.words import Protocol
from twin.errors import ConfigError

ENTRY = """\
title: one
models:
  X1:
    title: Model X1
    family: X
    protocol_default: SIP
    sbd: true
    http_tftp: true
    boot_s: {median: 60, low: 40, high: 90}
    reset_s: 45
    restart_s: 15
    lsc_keygen_s: null
    assumption: made up
"""


@pytest.mark.parametrize(
    ("key", "boot_s", "reset_s", "restart_s", "protocol"),
    [
        ("7960", (60, 40, 90), 45, 15, Protocol.SCCP),
        ("7965", (90, 60, 130), 75, 20, Protocol.SCCP),
        ("7841", (75, 50, 110), 65, 20, Protocol.SIP),
        ("8841", (100, 70, 150), 85, 20, Protocol.SIP),
        ("9971", (150, 110, 220), 130, 25, Protocol.SIP),
    ],
)
def test_families_have_their_times(
    key: str,
    boot_s: tuple[float, float, float],
    reset_s: float,
    restart_s: float,
    protocol: Protocol,
) -> None:
    """Boot, reset and restart times and the protocol follow the family."""
    phone = load_phone_catalogue()[key]
    assert (phone.boot_s.median, phone.boot_s.low, phone.boot_s.high) == boot_s
    assert (phone.reset_s, phone.restart_s) == (reset_s, restart_s)
    assert phone.protocol_default is protocol


def test_old_and_soft_phones_have_no_security_by_default() -> None:
    """7940, 7960 and Jabber know neither ITL nor TVS (Cisco 118893); desk phones since 2006 do."""
    catalogue = load_phone_catalogue()
    without = {key for key, phone in catalogue.models.items() if not phone.sbd}
    assert {"7940", "7960", "Jabber"} <= without
    assert not {"7942", "7965", "7821", "8841", "9971"} & without


def test_a_restart_is_quicker_than_a_reset_and_a_reset_than_a_boot() -> None:
    """A restart skips the load, a reset skips power-up; soft clients have one time for all."""
    for key, phone in load_phone_catalogue().models.items():
        assert phone.restart_s <= phone.reset_s <= phone.boot_s.median, key


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("low: 40", "low: 70", "low 70, median 60, high 90, expected low <= median <= high"),
        ("    assumption: made up\n", "", "neither source nor assumption"),
        ("reset_s: 45", "reset_s: 0", "0, expected greater than 0"),
        ("sbd: true", "sdb: true", "unknown field 'sdb'; did you mean 'sbd'?"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """Each entry has ordered times and an origin."""
    file = tmp_path / "phones.yaml"
    file.write_text(ENTRY)
    assert "X1" in load_phone_catalogue(file).models
    file.write_text(ENTRY.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_phone_catalogue(file)
    assert fault in str(caught.value)
    assert "models.X1" in str(caught.value)
