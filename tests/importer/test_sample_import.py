from __future__ import annotations

from pathlib import Path

import pytest

from twin.api import run
from twin.cluster.twin import Twin
from twin.config.load import load_model
from twin.config.model import ModelConfig
from twin.importer.evidence import Grade
from twin.importer.importing import Imported, import_folder
from twin.outputs import certificate_dump, certificate_reading, trust_list_reading
from twin.outputs.capture import split
from twin.pki.certificates import Certificate


@pytest.fixture(scope="module")
def found(sample: Path) -> Imported:
    """The sample, imported."""
    return import_folder(sample, "deck lab")


@pytest.fixture(scope="module")
def model(found: Imported, tmp_path_factory: pytest.TempPathFactory) -> ModelConfig:
    """The sample's model, loaded and checked as `twin check` does."""
    path = tmp_path_factory.mktemp("import") / "deck-lab.yaml"
    path.write_text(found.text)
    return load_model(str(path))


@pytest.fixture(scope="module")
def twin(model: ModelConfig) -> Twin:
    """The sample's cluster at its start."""
    return Twin(model)


def test_the_model_is_the_cluster_of_the_captures(model: ModelConfig) -> None:
    """Nodes, roles, addresses, services, groups and phones are those of the folder."""
    pub, sub = model.nodes
    assert (pub.name, pub.role, pub.address) == ("cs-ccm-pub", "publisher", "10.106.97.178")
    assert (sub.name, sub.role, sub.address) == ("cs-ccm-sub", "subscriber", "10.106.97.179")
    assert set(pub.services) == {"CallManager", "TFTP", "CAPF"}
    assert set(sub.services) == {"CallManager", "TFTP"}
    assert model.group("Branch").members == ("cs-ccm-pub", "cs-ccm-sub")
    assert model.group("Default").members == ("cs-ccm-sub", "cs-ccm-pub")
    assert {site.name for site in model.sites} == {"Bangalore-HQ", "Mysore"}
    assert model.phone_count == 80
    assert (model.release, model.domain) == ("10.5", "vasank.com")


def test_phones_keep_their_names_and_lscs(model: ModelConfig) -> None:
    """The deck's phone with an LSC has one, and every named phone is in one population."""
    names = [name for group in model.phone_groups for name in group.names or ()]
    assert len(names) == len(set(names)) == 80
    (with_lsc,) = [group for group in model.phone_groups if group.lsc == "installed"]
    assert with_lsc.names == ("SEP885A92D977CA",)


def test_show_cert_of_the_twin_is_that_of_the_cluster(twin: Twin, sample: Path) -> None:
    """Subject, issuer, serial, dates and key size of each own certificate are the captured ones."""
    seen = 0
    for node in ("cs-ccm-pub", "cs-ccm-sub"):
        own = twin.cluster.nodes[node].files.own
        file = sample / node / "show_cert_own.txt"
        for capture in split(file.read_text(), file.name):
            if not capture.filled:
                continue
            real = certificate_reading.read(capture)
            unit = capture.command.split()[-1]
            text = certificate_dump.write(own[unit].certificate, "issuer_name")
            ours = certificate_reading.read_text(text, "twin")
            for field in ("subject", "issuer", "serial", "not_before", "not_after", "key_bits"):
                assert getattr(ours, field) == getattr(real, field), (node, unit, field)
            assert ours.certificate != real.certificate  # the key is a stand-in
            seen += 1
    assert seen == 8


def test_a_signed_certificate_is_signed_by_its_ca(twin: Twin, sample: Path) -> None:
    """The PEM file's tomcat comes back with its issuer, and the issuer is trusted."""
    real = Certificate.from_pem((sample / "cs-ccm-sub" / "tomcat.pem").read_bytes())
    files = twin.cluster.nodes["cs-ccm-sub"].files
    ours = files.own["tomcat"].certificate
    assert (ours.subject, ours.issuer, ours.serial) == (real.subject, real.issuer, real.serial)
    assert (ours.not_before, ours.not_after) == (real.not_before, real.not_after)
    assert any(
        entry.certificate.subject == real.issuer and ours.is_signed_by(entry.certificate)
        for entry in files.store("tomcat-trust")
    )


def test_a_record_of_show_itl_gives_a_certificate(twin: Twin, sample: Path) -> None:
    """The deck's ITL record 8 gives the subscriber's TVS its subject, serial and key size."""
    file = sample / "cs-ccm-sub" / "show_itl_record_8.txt"
    (record,) = trust_list_reading.read_text(file.read_text(), file.name).records
    ours = twin.cluster.nodes["cs-ccm-sub"].files.own["TVS"].certificate
    assert (ours.subject, ours.serial_bytes) == (record.subject, record.serial)
    assert len(ours.public_key_record_bytes) == record.public_key_bytes == 270


def test_what_is_not_known_is_said(found: Imported) -> None:
    """Defaults, what was left out and what was not read have lines; nothing contradicts."""
    by_grade = {grade: [one for one in found.decisions if one.grade is grade] for grade in Grade}
    assert not by_grade[Grade.CONTRADICTION]
    assert [one.what for one in by_grade[Grade.NOT_READ]] == ["README.md"]
    assert {one.what for one in by_grade[Grade.DEFAULT]} == {
        "10 trust certificates", "release", "start", "links of 2 sites",
    }  # fmt: skip
    for one in by_grade[Grade.DEFAULT]:
        assert one.value
        assert one.source
        assert f"# default: {one.what} = {one.value}" in found.text
    assert found.text.startswith("# Every key in this twin is a stand-in:")


def test_the_imported_cluster_renews_callmanager(model: ModelConfig) -> None:
    """`callmanager-regeneration` runs on it, from the day of the captures, as on any model."""
    result = run("callmanager-regeneration", model=model)
    assert result.document.passed
    assert str(result.document.started_at).startswith("2015-11-20")
