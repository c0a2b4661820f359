"""The words of certificates signed by others, and the authorities of a model, as documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin.config.attachments import MAX_BYTES, digest_input, read_attachments
from twin.config.library_checks import key_sizes
from twin.config.load import load_run
from twin.config.steps import Step
from twin.config.words import Unit
from twin.errors import ConfigError

Faults = Callable[[Callable[[dict[str, Any]], object]], list[str]]
ROOT = {"name": "root", "subject": "CN=Root;O=Example"}


@pytest.mark.parametrize(
    ("release", "step", "fault"),
    [
        (
            "11.5",
            {"generate_csr": {"node": "pub", "unit": "CallManager", "key_bits": 3072}},
            "generate_csr.key_bits: 3072 bits for CallManager, expected one of 1024, 2048, 4096.",
        ),
        (
            "10.5",
            {"generate_csr": {"node": "pub", "unit": "tomcat", "key_bits": 4096}},
            "generate_csr.key_bits: 4096 bits for tomcat, expected one of 1024, 2048.",
        ),
        (
            "11.5",
            {"generate_csr": {"node": "pub", "unit": "tomcat-ECDSA", "key_bits": 2048}},
            "generate_csr.key_bits: 2048 bits for tomcat-ECDSA, expected one of 256, 384, 521.",
        ),
        (
            "11.5",
            {"generate_csr": {"node": "pub", "unit": "tomcat-ECDSA", "digest": "sha256"}},
            "generate_csr.digest: 'sha256' for this key, expected one of sha384, sha512.",
        ),
        (
            "11.5",
            {"generate_csr": {"node": "pub", "unit": "tomcat", "digest": "sha512"}},
            "generate_csr.digest: 'sha512' for this key, expected one of sha1, sha256.",
        ),
        (
            "9.1",
            {"generate_csr": {"node": "pub", "unit": "tomcat", "san": ["a.example.com"]}},
            "generate_csr.san: alternative names, which requests of release 9.1 have not.",
        ),
        (
            "9.1",
            {"generate_csr": {"node": "pub", "unit": "tomcat", "distribution": "multi_server"}},
            "generate_csr.distribution: release 9.1 has no such multi-server certificate of "
            "tomcat, expected single.",
        ),
        (
            "12.5",
            {"generate_csr": {"node": "pub", "unit": "TVS", "distribution": "multi_server"}},
            "generate_csr.distribution: release 12.5 has no such multi-server certificate of TVS, "
            "expected one of tomcat, tomcat-ECDSA, CallManager.",
        ),
        (
            "14",
            {"generate_csr": {"node": "sub1", "unit": "TVS", "distribution": "multi_server"}},
            "generate_csr.node: multi_server on a subscriber, expected 'cucm-pub'.",
        ),
        (
            "12.5",
            {"regenerate": {"node": "pub", "unit": "tomcat", "distribution": "multi_server"}},
            "regenerate.distribution: release 12.5 has no such multi-server certificate of "
            "tomcat, expected single.",
        ),
        (
            "12.5",
            {"generate_csr": {"node": "pub", "unit": "ITLRecovery"}},
            "generate_csr.unit: ITLRecovery, which is never signed by a CA, expected another unit.",
        ),
        (
            "14",
            {"upload_identity": {"node": "sub1", "unit": "CAPF"}},
            "upload_identity.node: CAPF of a subscriber, which release 14 keeps on the publisher "
            "only, expected 'cucm-pub'.",
        ),
        (
            "11.5",
            {"sign_csr": {"node": "pub", "unit": "TVS", "authority": "enterprise-rot"}},
            "sign_csr.authority: unknown certificate authority 'enterprise-rot', expected one of "
            "enterprise-root, enterprise-issuing, public-root, public-issuing; "
            "did you mean 'enterprise-root'?",
        ),
        (
            "11.5",
            {"upload_trust": {"node": "pub", "unit": "TVS-trust"}},
            "upload_trust: not one origin, expected one of authority, certificate_of, system, "
            "file.",
        ),
        (
            "11.5",
            {"upload_trust": {"node": "pub", "unit": "ipsec-trust", "certificate_of": "cucm-sup"}},
            "upload_trust.certificate_of: unknown node 'cucm-sup', expected one of cucm-pub, "
            "cucm-sub; did you mean 'cucm-sub'?",
        ),
        (
            "11.5",
            {"upload_trust": {"node": "pub", "unit": "Phone-trust", "certificate_of": "sub1"}},
            "upload_trust.unit: certificate_of with Phone-trust, a store that is named after no "
            "certificate, expected the store of an own certificate, e.g. ipsec-trust.",
        ),
        (
            "8.6",
            {"restart_after": {"unit": "ITLRecovery"}},
            "restart_after.unit: unit 'ITLRecovery', which release 8.6 has not, expected one of "
            "tomcat, ipsec, CallManager, CAPF, TVS.",
        ),
    ],
)
def test_a_wrong_word_is_named(
    experiment_faults: Faults, release: str, step: dict[str, Any], fault: str
) -> None:
    """What a release, a unit or the model does not have is told where it stands."""
    faults = experiment_faults(lambda e: e.update(steps=[step], release=release))
    assert faults == [f"steps[0].{fault}"]


def test_lists_have_no_code_for_3072_bits(experiment_faults: Faults) -> None:
    """A node cannot be given a CallManager or ITLRecovery key no list can be signed with."""
    assert 3072 not in key_sizes(Unit.CALLMANAGER)
    assert 3072 in key_sizes(Unit.TVS)
    changed = {"nodes[0].key_bits": {"ITLRecovery": 3072}}
    (fault,) = experiment_faults(lambda e: e.update(model_set=changed))
    assert fault.endswith("3072 bits for ITLRecovery, expected one of 1024, 2048, 4096.")


# -- authorities ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authorities", "fault"),
    [
        (
            [ROOT, {"name": "root", "subject": "CN=Other"}],
            "[1] (root).name: certificate authority 'root' is taken by certificate_authorities[0], "
            "expected another name.",
        ),
        (
            [ROOT, {"name": "issuing", "subject": "CN=I", "issuer": "roof"}],
            "[1] (issuing).issuer: unknown certificate authority 'roof', expected one of root, "
            "issuing; did you mean 'root'?",
        ),
        (
            [{"name": "a", "subject": "CN=A", "issuer": "a"}],
            "[0] (a).issuer: 'a' stands below it, expected a CA above it.",
        ),
        (
            [ROOT | {"key_bits": 384, "digest": "sha1"}],
            "[0] (root).digest: sha1 with a key on a curve, expected sha256 or better.",
        ),
    ],
)
def test_authorities_hang_together(
    model_faults: Faults, authorities: list[dict[str, Any]], fault: str
) -> None:
    """Names, issuers and digests of a model's CAs are checked with the rest of it."""
    faults = model_faults(lambda m: m.update(certificate_authorities=authorities))
    assert faults == [f"certificate_authorities{fault}"]


def test_a_circle_of_authorities_is_told_for_each(model_faults: Faults) -> None:
    """Two CAs above each other are both wrong."""
    circle = [
        {"name": "a", "subject": "CN=A", "issuer": "b"},
        {"name": "b", "subject": "CN=B", "issuer": "a"},
    ]
    faults = model_faults(lambda m: m.update(certificate_authorities=circle))
    assert [fault.split(":")[0] for fault in faults] == [
        "certificate_authorities[0] (a).issuer",
        "certificate_authorities[1] (b).issuer",
    ]


# -- files ----------------------------------------------------------------------------------


def upload(file: str) -> Step:
    """A step that names a file."""
    return Step.model_validate(
        {"upload_trust": {"node": "pub", "unit": "tomcat-trust", "file": file}}
    )


def test_files_are_read_once_relative_to_a_folder(tmp_path: Path) -> None:
    """Each file named is read, those of steps without one are none."""
    (tmp_path / "ca.pem").write_bytes(b"CA")
    wait = Step.model_validate({"wait": {"until": "quiet", "at_most": "1m"}})
    found, problems = read_attachments([wait, upload("ca.pem"), upload("ca.pem")], tmp_path)
    assert (found, problems) == ({"ca.pem": b"CA"}, [])
    assert digest_input(found) == b"ca.pem\x002\x00CA"
    assert digest_input({}) == b""


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing file and one that is too large are problems at their steps."""
    (tmp_path / "large").write_bytes(bytes(MAX_BYTES + 1))
    found, problems = read_attachments([upload("gone.pem"), upload("large")], tmp_path)
    assert found == {}
    assert [problem.location for problem in problems] == [
        ("steps", 0, "upload_trust", "file"),
        ("steps", 1, "upload_trust", "file"),
    ]
    assert "No such file" in problems[0].found
    assert "too large" in problems[1].found


def test_an_experiment_brings_its_files(experiment: dict[str, Any], tmp_path: Path) -> None:
    """A file beside the experiment is part of the run and of its fingerprint."""
    experiment["steps"] = [
        {"upload_trust": {"node": "pub", "unit": "tomcat-trust", "file": "ca.pem"}}
    ]
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(experiment))
    with pytest.raises(ConfigError, match=r"steps\[0\].upload_trust.file: 'ca.pem' cannot be read"):
        load_run(path)
    prints = []
    for content in (b"one", b"two"):
        (tmp_path / "ca.pem").write_bytes(content)
        run = load_run(path)
        assert run.attachments == {"ca.pem": content}
        prints.append(run.experiment_sha256)
    assert prints[0] != prints[1]
