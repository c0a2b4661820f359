from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.importer.conftest import NODES, Importer
from tests.importer.test_folder_reading import certificate
from twin.config.document import parse_value
from twin.config.load import load_model, load_phone_catalogue
from twin.config.model import ModelConfig
from twin.errors import InputError
from twin.importer import yaml_text
from twin.importer.evidence import Grade
from twin.importer.importing import Imported, import_folder
from twin.importer.phones import exact_model, nearest_model
from twin.outputs import certificate_dump


def lines(found: Imported, grade: Grade) -> list[str]:
    """The report's lines of a grade."""
    return [f"{one.what}: {one.value} ({one.source})" for one in found.decisions
            if one.grade is grade]  # fmt: skip


def loaded(found: Imported, tmp_path: Path) -> ModelConfig:
    """The model, checked."""
    (tmp_path / "mine.yaml").write_text(found.text)
    return load_model(str(tmp_path / "mine.yaml"))


def test_of_two_certificates_the_newer_one_is_taken(imported: Importer) -> None:
    """Captures before and after a renewal contradict; the report names both and what was taken."""
    old = certificate(serial=5)
    new = certificate(serial=6)
    text = certificate_dump.write(new, "issuer_name").replace("2020", "2021").partition("-----")[0]
    found = imported(
        {"pub/CallManager.pem": old.pem, "pub/new.txt": f"admin:show cert own CallManager\n{text}"}
    )
    (line,) = lines(found, Grade.CONTRADICTION)
    assert line.startswith("CallManager of pub: CN=pub.example.com, serial 6, 2021-01-01")
    assert "the newer one (CN=pub.example.com, serial 5, 2020-01-01" in line
    assert "serial: '6', not_before: 2021-01-01T00:00:00Z" in found.text


def test_a_list_that_names_another_serial_contradicts(imported: Importer) -> None:
    """The record of a CallManager certificate beside another dump of it is a line of the report."""
    record = (
        "ITL Record #:2\n1 RECORDLENGTH 2 900\n3 SUBJECTNAME 31 CN=pub.example.com;O=Acme;C=CH\n"
        "4 FUNCTION 2 CCM+TFTP\n5 ISSUERNAME 31 CN=pub.example.com;O=Acme;C=CH\n"
        "6 SERIALNUMBER 2 12:34\n7 PUBLICKEY 270\n"
    )
    found = imported({"pub/itl.txt": record, "pub/CallManager.pem": certificate().pem})
    (line,) = lines(found, Grade.CONTRADICTION)
    assert line.startswith("CallManager of pub: CN=pub.example.com, serial 4d")
    assert "serial 1234 in pub/itl.txt:1" in line


def test_a_publisher_that_nothing_tells_is_a_default(imported: Importer) -> None:
    """Names alone: the one called pub is taken, and addresses, services and phones are defaults."""
    listing = "name\n====\nsub\npub\n"
    found = imported({"processnode.txt": listing}, nodes=False)
    told = lines(found, Grade.DEFAULT)
    assert any(line.startswith("publisher: pub (no capture tells") for line in told)
    for what in ("address of sub", "CallManager on sub", "TFTP on pub", "cluster mode", "phones"):
        assert any(line.startswith(f"{what}:") for line in told), what


def test_the_least_there_is_makes_a_model(imported: Importer, tmp_path: Path) -> None:
    """A listing of processnode alone gives a model in order."""
    model = loaded(imported({}), tmp_path)
    assert [node.name for node in model.nodes] == ["pub", "sub"]
    assert model.start is None
    assert model.phone_count == 0


@pytest.mark.parametrize(
    ("files", "release"),
    [
        ({}, "12.5"),
        ({"v.txt": "admin:show version active\nActive Master Version: 11.5.1.13900-52\n"}, "11.5"),
        ({"v.txt": "Active Master Version: 14.0.1.12900-161\n"}, "14"),
        ({"v.txt": "Active Master Version: 7.1.5.10000-12\n"}, "8.6"),
    ],
)
def test_the_release_is_asked_told_or_guessed(
    files: dict[str, str], release: str, imported: Importer
) -> None:
    """`--release` first, then the version, down to the profile not younger than it."""
    found = imported(files, release=None if files else "12.5")
    assert f"release: '{release}'" in found.text


@pytest.mark.parametrize(
    ("units", "release"),
    [
        (("tomcat", "ipsec", "CallManager", "CAPF", "TVS"), "9.1"),
        (("tomcat", "ipsec", "CallManager", "CAPF", "TVS", "ITLRecovery"), "10.5"),
        (("tomcat", "CallManager", "ITLRecovery", "CallManager-ECDSA"), "11.5"),
    ],
)
def test_the_release_follows_the_units(
    units: tuple[str, ...], release: str, imported: Importer
) -> None:
    """Without a version the listed own certificates tell, and the report calls it a default."""
    listing = "".join(f"{unit}/{unit}.pem: Self-signed certificate\n" for unit in units)
    found = imported({"pub/list.txt": f"admin:show cert list own\n{listing}"})
    assert f"release: '{release}'" in found.text
    assert any(line.startswith(f"release: {release} (of ") for line in lines(found, Grade.DEFAULT))


def test_labels_of_the_newer_layout_tell_the_release(imported: Importer) -> None:
    """A dump with IssuerDN is of 14SU2 or later."""
    text = certificate_dump.write(certificate(), "issuer_dn")
    found = imported({"pub/cm.txt": f"admin:show cert own CallManager\n{text}"})
    assert "release: '15'" in found.text


def test_trust_entries_of_one_node_stay_with_it(imported: Importer, tmp_path: Path) -> None:
    """What both listings have is everywhere; what one has is on that node alone."""
    both = "tomcat-trust/partner.pem: Signed Certificate\n"
    found = imported(
        {
            "pub/trust.txt": f"admin:show cert list trust\n{both}",
            "sub/trust.txt": f"admin:show cert list trust\n{both}CallManager-trust/asa.pem: x\n",
        }
    )
    rows = {row.file_name: row.node for row in loaded(found, tmp_path).trust_certificates}
    assert rows == {"partner.pem": None, "asa.pem": "sub"}


def test_databases_and_exports_are_merged(imported: Importer, tmp_path: Path) -> None:
    """A phone in both is one phone; the pool that differs is told; gateways are no phones."""
    sql = (
        "admin:run sql select d.name,dp.name as devicepool,tm.name as model from device d ...\n"
        "name            devicepool model\n"
        "=============== ========== ==========\n"
        "SEP001122334455 HQ         Cisco 8841\n"
        "SEP001122334466 HQ         Cisco 8831\n"
        "CSFanna         HQ         Cisco Unified Client Services Framework\n"
        "S0/SU1/DS1-0    HQ         Gateway\n"
    )
    bat = (
        "MAC ADDRESS,DEVICE POOL,DEVICE TYPE,DEVICE PROTOCOL\r\n"
        '001122334455,"Branch, north",Cisco 8841,SIP\r\n'
        "001122334477,Branch,Cisco 7962,SIP\r\n"
    )
    found = imported({"device.txt": sql, "bat.csv": bat})
    model = loaded(found, tmp_path)
    assert model.phone_count == 4
    by_model = {group.model: group for group in model.phone_groups}
    assert set(by_model) == {"8841", "8811", "Jabber", "7962"}
    assert by_model["7962"].protocol == "SIP"
    assert by_model["Jabber"].count == 1
    assert any("'Cisco 8831'" in line for line in lines(found, Grade.DEFAULT))
    (line,) = lines(found, Grade.CONTRADICTION)
    assert line.startswith("phone SEP001122334455: Cisco 8841 in HQ (device.txt:1)")
    assert any(line.startswith("1 devices S...") for line in lines(found, Grade.LEFT_OUT))


def test_models_are_matched_by_title() -> None:
    """Titles of the product find their catalogue rows; others the nearest, or the default."""
    catalogue = load_phone_catalogue()
    assert exact_model("Cisco ATA 190", catalogue) == "ATA190"
    assert exact_model("Cisco 7841", catalogue) == "7841"
    assert exact_model("", catalogue) is None
    assert nearest_model("Cisco 7937", "SEP1", catalogue) == "7942"
    assert nearest_model("Cisco 7975G", "SEP1", catalogue) == "7975"
    assert nearest_model("", "SEP1", catalogue) == "8841"
    assert nearest_model("", "TCTanna", catalogue) == "Jabber"


@given(st.text(max_size=40))
def test_yaml_scalars_read_back(text: str) -> None:
    """Whatever text is written, the document's reader gives it back."""
    assert parse_value(yaml_text.scalar(text)) == text


def test_yaml_values_read_back() -> None:
    """Numbers, moments, lists and mappings are written so that the reader sees them."""
    value = {"a": [1, 2.5, True, "no", "14"], "b": {"c d": "x: y"}}
    assert parse_value(yaml_text.flow(value)) == value
    moment = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert yaml_text.scalar(moment) == "2020-01-02T03:04:05Z"
    with pytest.raises(TypeError):
        yaml_text.scalar(object())


_PIECES = st.sampled_from(
    [
        "admin:show cert own tomcat\n", "admin:show cert list own\n", "admin:show itl\n",
        "admin:run sql select name from device\n", "name    tkmodel\n======= =======\n",
        "SEP001122334455 684\n", "tomcat/tomcat.pem: x\n", "tomcat-trust/a;b=c.pem: \n",
        "Issuer Name: CN=a\n", "Serial Number: 00\n", "Key: RSA\n",
        "Validity From: Sun Jul 08 13:05:19 UTC 2018\n", "To: Fri Jul 07 13:05:18 UTC 2017\n",
        "Subject Name: CN=pub, SERIALNUMBER=1\n",
        "ITL Record #:1\n", "4 FUNCTION 2 TVS\n", "3 SUBJECTNAME 9 CN=sub;X=1\n",
        "6 SERIALNUMBER 1 00\n", "Device Name,Device Pool,Device Type\n", "SEP00112233445X,\"\n",
        '"(PDH-CSV 4.0)","\\\\x\\y\\RegisteredHardwarePhones"\n', '"02/07/2016 22:00:00","-1"\n',
        "pkid,name,tknodeusage\n", "1,pub;,0\n", "Active Master Version: 99.x\n", "\x00", "\ufeff",
        "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "paramname paramvalue\n",
        "fkcallmanagergroup fkcallmanager priority\n================== ============= ========\n",
    ]
)  # fmt: skip


@given(
    files=st.lists(
        st.lists(st.one_of(_PIECES, st.text(max_size=12)), max_size=8).map("".join), max_size=3
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_malformed_folders_give_a_model_or_an_input_error(
    files: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the files hold: a model in order, or wrong input; never anything else."""
    folder = tmp_path_factory.mktemp("captures")
    (folder / "processnode.txt").write_text(NODES)
    for number, text in enumerate(files):
        (folder / f"pub_{number}.txt").write_text(text, encoding="utf-8", newline="")
    complaint = ""
    try:
        found = import_folder(folder, "mine")
        (folder / "mine.yaml").write_text(found.text, encoding="utf-8")
        load_model(str(folder / "mine.yaml"))
    except InputError as error:
        complaint = str(error)
    assert "mine.yaml" not in complaint, complaint
