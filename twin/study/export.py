"""Everything a cluster has on its disks, as files: certificates, stores, trust lists, configs.

Knows: where a node keeps what, and how to leave nothing half-written. Must not know what made the
cluster as it is. Private keys are written only when asked for, readable by their owner alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from twin.cluster.cluster import Cluster
from twin.cluster.twin import Twin
from twin.config.faults import nearest
from twin.errors import Fault, InputError
from twin.files import TEMPORARY_SUFFIX
from twin.nodes.node import Node
from twin.pki.certificates import Certificate
from twin.pki.keys import PrivateKey
from twin.pki.phone_config import file_name

MANIFEST = "manifest.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9._+@=-]")


@dataclass(frozen=True, slots=True)
class Item:
    """One file to write: its path below the folder, its bytes, what it is."""

    path: str
    data: bytes
    about: str
    is_secret: bool = False


def export(
    twin: Twin, directory: Path, *, with_keys: bool = False, phones: Sequence[str] = ()
) -> list[Item]:
    """Write a cluster's files as they are now; what was written.

    Args:
        directory: a new or empty folder. It is there whole or not at all.
        with_keys: write private keys, too (mode 0600).
        phones: devices whose signed configuration is wanted, by name.

    Raises:
        InputError: the folder is not empty, or there is no such phone.
    """
    _check(twin.cluster, directory, phones)
    items = list(_items(twin.cluster, with_keys, phones))
    part = directory.with_name(directory.name + TEMPORARY_SUFFIX)
    shutil.rmtree(part, ignore_errors=True)
    try:
        for item in items:
            _write(part / item.path, item)
        _write(part / MANIFEST, Item(MANIFEST, _manifest(twin, items), "what is here"))
        if directory.exists():
            directory.rmdir()
        part.replace(directory)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return items


def _check(cluster: Cluster, directory: Path, phones: Sequence[str]) -> None:
    faults = []
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        faults.append(Fault("--out", f"{str(directory)!r} is there already", "a new folder"))
    known = cluster.population.index
    for name in phones:
        if name not in known:
            close = nearest(name, list(known))
            faults.append(Fault("--phone", f"no phone {name!r}", "a device of the model", close))
    if faults:
        raise InputError(faults)


def _write(path: Path, item: Item) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o600 if item.is_secret else 0o644
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(item.data)


def _items(cluster: Cluster, with_keys: bool, phones: Sequence[str]) -> Iterator[Item]:
    for node in cluster.every_node:
        yield from _of_node(node, with_keys)
        if node.tftp is not None:
            yield from _of_tftp(cluster, node, phones)
    if cluster.edge is None:
        return
    for peer in cluster.edge.peers.values():
        page = peer.certificates
        chain = b"".join(one.pem for one in page.stored.chain)
        yield Item(f"{peer.name}/server.pem", chain, "server certificate")
        if with_keys:
            yield _key(f"{peer.name}/server", page.stored.key)
        if page.request is not None:
            yield Item(f"{peer.name}/request.pem", page.request.pem, "signing request")
        trusted = b"".join(one.pem for one in peer.ca_list.entries)
        yield Item(f"{peer.name}/trusted-ca.pem", trusted, "trusted CA list")


def _of_node(node: Node, with_keys: bool) -> Iterator[Item]:
    for unit, identity in sorted(node.files.own.items()):
        yield from _both(f"{node.name}/own/{_safe(unit)}", identity.certificate, unit)
        if with_keys:
            yield _key(f"{node.name}/own/{_safe(unit)}", identity.key)
    for unit, waiting in sorted(node.requests.outstanding.items()):
        place = f"{node.name}/own/{_safe(unit)}.csr.pem"
        yield Item(place, waiting.request.pem, f"signing request of {unit}")
    for unit, store in sorted(node.files.trust.items()):
        for entry in store.entries():
            stem = _safe(entry.file_name.removesuffix(".pem"))
            yield from _both(f"{node.name}/trust/{_safe(unit)}/{stem}", entry.certificate, unit)


def _of_tftp(cluster: Cluster, node: Node, phones: Sequence[str]) -> Iterator[Item]:
    assert node.tftp is not None
    yield Item(f"{node.name}/tftp/ITLFile.tlv", node.tftp.itl, "identity trust list")
    if node.files.ctl is not None:
        yield Item(f"{node.name}/tftp/CTLFile.tlv", node.files.ctl, "certificate trust list")
    for name in phones:
        data = cluster.ports.files[node.index].signed_config(cluster.population.index[name])
        yield Item(f"{node.name}/tftp/{file_name(name)}", data, f"configuration of {name}")


def _both(stem: str, certificate: Certificate, unit: str) -> Iterator[Item]:
    about = f"{unit}: {certificate.subject}, serial {certificate.serial_bytes.hex()}"
    yield Item(f"{stem}.pem", certificate.pem, about)
    yield Item(f"{stem}.der", certificate.der, about)


def _key(stem: str, key: PrivateKey) -> Item:
    return Item(f"{stem}.key", key.pem(), "private key", is_secret=True)


def _safe(name: str) -> str:
    """A name that stays where it is put: a common name may hold anything."""
    return _UNSAFE.sub("_", name).lstrip(".") or "_"


def _manifest(twin: Twin, items: Sequence[Item]) -> bytes:
    cluster = twin.cluster
    document = {
        "twin": version("cucm-twin"),
        "model": cluster.model.name,
        "release": cluster.release.name,
        "seed": cluster.made_from.seed,
        "at": twin.now.isoformat(),
        "note": "stand-in keys: nothing here opens a real system",
        "files": [
            {
                "path": item.path,
                "about": item.about,
                "bytes": len(item.data),
                "sha256": hashlib.sha256(item.data).hexdigest(),
            }
            for item in sorted(items, key=lambda one: one.path)
        ],
    }
    return (json.dumps(document, indent=2) + "\n").encode()
