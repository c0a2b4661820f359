"""`file ...`: files of the TFTP service and log files, got into one folder and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twin.console import Shell, Status
from twin.pki import trust_list


def test_files_of_the_tftp_service_are_got_as_they_are_served(
    console: Callable[..., Shell], tmp_path: Path
) -> None:
    """The trust list and a phone's configuration land in the console's folder, byte for byte."""
    shell = console()
    listed = shell.carry_out("file list tftp *").text.splitlines()
    assert listed == [
        "ITLFile.tlv", "SEP885A92D977CA.cnf.xml.sgn", "SEPB83861583B73.cnf.xml.sgn",
        "file count = 3",
    ]  # fmt: skip
    shell.carry_out("file get tftp ITLFile.tlv")
    assert (tmp_path / "files" / "ITLFile.tlv").read_bytes() == shell.node.tftp.itl
    shell.carry_out("file get tftp SEPB83861583B73.cnf.xml.sgn")
    signed = (tmp_path / "files" / "SEPB83861583B73.cnf.xml.sgn").read_bytes()
    assert signed.startswith(b"\x01")
    assert b"labserver2" in signed


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "itlfile.tlv", "SEP000000000000.cnf.xml.sgn"]
)
def test_only_what_is_listed_can_be_got(
    console: Callable[..., Shell], tmp_path: Path, name: str
) -> None:
    """A name that is no file of the service is wrong, and nothing is written."""
    reply = console().carry_out(f"file get tftp {name}")
    assert reply.status is Status.WRONG
    assert not (tmp_path / "files").exists()


def test_the_recovery_key_is_kept_and_not_given_away(
    console: Callable[..., Shell], tmp_path: Path
) -> None:
    """`file get tftp ITLRecovery.p12` makes the remote reset possible; no file is written."""
    shell = console()
    assert shell.carry_out("utils itl reset remotekey").status is Status.REFUSED
    assert shell.carry_out("file get tftp ITLRecovery.p12").status is Status.DONE
    assert shell.carry_out("utils itl reset remotekey").status is Status.DONE
    assert not (tmp_path / "files").exists()


def test_the_ctl_file_is_deleted_when_that_is_wanted(console: Callable[..., Shell]) -> None:
    """After a yes no node has it any more, and `show ctl` says so."""
    shell = console("mixed-mode-200", says_yes=True)
    assert trust_list.decode(shell.node.files.ctl).records
    assert shell.carry_out("file delete tftp CTLFile.tlv").status is Status.DONE
    assert "CTL File not found." in shell.carry_out("show ctl").text


def test_log_files_of_the_node_are_listed_shown_searched_and_got(
    console: Callable[..., Shell], tmp_path: Path
) -> None:
    """What the session did so far stands in the logs of the node that did it."""
    shell = console()
    shell.carry_out("utils itl reset localkey")
    assert "cm/log/itlreset.log" in shell.carry_out("file list activelog cm/*").text
    log = shell.carry_out("file view activelog cm/log/itlreset.log").text.splitlines()
    assert log[0] == "Sun Feb  7 22:00:00 2016 itlreset INFO: Start Execution"
    tail = shell.carry_out("file tail activelog cm/log/itlreset.log 2").text.splitlines()
    assert tail == log[-2:]
    found = shell.carry_out("file search activelog cm/log/itlreset.log local$").text
    assert found.splitlines()[1:] == [line for line in log if line.endswith("local")]
    shell.carry_out("file get activelog cm/log/itlreset.log")
    copy = tmp_path / "files" / "labserver1" / "cm" / "log" / "itlreset.log"
    assert copy.read_text(encoding="utf-8").splitlines() == log
    assert "itlreset" not in shell.carry_out("login sub1").text
    assert "itlreset" not in shell.carry_out("file list activelog *").text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("file tail activelog cm/log/itlreset.lgo", "did you mean"),
        ("file search activelog cm/log/itlreset.log (", "a regular expression"),
        ("file tail activelog cm/log/itlreset.log none", "a number of lines"),
    ],
)
def test_what_is_wrong_about_a_log_is_said_in_one_line(
    console: Callable[..., Shell], line: str, told: str
) -> None:
    """Path, expression and count are each told with what was expected."""
    shell = console()
    shell.carry_out("utils itl reset localkey")
    reply = shell.carry_out(line)
    assert reply.status is Status.WRONG
    assert told in reply.text
    assert len(reply.text.splitlines()) == 1
