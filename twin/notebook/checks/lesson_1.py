"""Checks of notebook 1: certificates and trust lists by hand."""

from __future__ import annotations

from typing import Any

from twin.notebook.checks.bench import cluster, itl, itl_bytes
from twin.notebook.checks.board import Exercise, function, members, one_of, whole
from twin.pki.trust_list import signed_parts

LAB = "seed-lab"
HIDDEN = ((LAB, None), ("two-node-1000", None), ("single-node-250", "15"), ("seed-lab", "8.6"))
"""Lists of other clusters and releases, for functions that read any list."""


def _roles_of_callmanager() -> set[Any]:
    serial = cluster(LAB).certificate("pub", "CallManager").serial_bytes
    return {int(record.role) for record in itl(LAB).records if record.serial == serial}


def _uncovered() -> int:
    data = itl_bytes(LAB)
    return len(data) - len(signed_parts(data)[0])


def _whole_certificates() -> list[tuple[tuple[Any, ...], Any]]:
    found: list[tuple[tuple[Any, ...], Any]] = []
    for model, release in HIDDEN:
        records = itl(model, release).records
        count = sum(record.certificate is not None for record in records)
        found.append(((itl_bytes(model, release),), count))
    return found


def _units() -> list[str]:
    return sorted(cluster("two-node-1000", "15").cluster.publisher.files.own)


def _signer_of_15() -> str:
    newer = cluster("two-node-1000", "15")
    serial = itl("two-node-1000", "15").header.serial
    return next(u for u in _units() if newer.certificate("pub", u).serial_bytes == serial)


EXERCISES = {
    "1.1": Exercise(
        "a set of role numbers",
        (set,),
        members(
            _roles_of_callmanager,
            "All of these are right, but there are more: one certificate may have several records.",
            "One of these is another certificate's. Compare whole serial numbers, not names.",
        ),
        "One certificate, two records: it may sign the next list, and it may sign configurations.",
    ),
    "1.2": Exercise(
        "a number of bytes",
        (int,),
        whole(
            _uncovered,
            "More. The whole element is left out, not only its value.",
            "Fewer. Header and records are covered; only one element is left out.",
        ),
        "Tag, length and value of the signature element. Everything else is protected.",
    ),
    "1.3": Exercise(
        "a function of a list's bytes",
        (type(lambda: None),),
        function(_whole_certificates, "Which tag has a record that holds a whole certificate?"),
        "It reads lists of 8.6, 10.5, 11.5 and 15 alike: the format has not changed.",
    ),
    "1.4": Exercise(
        "the name of a unit",
        (str,),
        one_of(
            _signer_of_15,
            "Not this one. Whose serial number is in newer.header.serial?",
            _units,
        ),
        "From 12.0 on a key that has no other job signs the lists, so that renewing CallManager "
        "no longer changes the signer.",
    ),
}
