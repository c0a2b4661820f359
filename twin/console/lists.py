"""`show itl`, `show ctl`, `utils itl reset`, `utils ctl`: the trust lists of the node.

Knows: the commands, their questions, which step each is. Must not know a list's text
(`twin.outputs`) nor how one is made (`twin.nodes`).

Source: Cisco 118893 (`utils ctl`: question, progress, reminder), the itlreset screen of the TAC
deck of March 2016, CLI Reference 15; cucm-pki-behaviour 9. The product asks for the
administrator's password at `utils itl reset`; the twin has no passwords.
"""

from __future__ import annotations

from datetime import UTC, datetime

from twin.config.words import ClusterMode, Signer
from twin.console.grammar import Command
from twin.console.shell import Declined, Given, Reply, Shell, Status
from twin.outputs import trust_list_dump
from twin.pki import trust_list

RESTART = "Please restart the Cisco Tftp and Cisco CallManager services on all nodes that run them."
_WORDS = {
    ClusterMode.MIXED: ("mixed-mode", "Mixed"),
    ClusterMode.NON_SECURE: ("non-secure-mode", "Non-Secure"),
}


def _show_itl(shell: Shell, _given: Given) -> str:
    tftp = shell.cucm().tftp
    if tftp is None:
        return trust_list_dump.missing("ITL")
    return trust_list_dump.write(tftp.itl, "ITL", tftp.itl_modified_at)


def _show_ctl(shell: Shell, _given: Given) -> str:
    data = shell.cucm().files.ctl
    if data is None:
        return trust_list_dump.missing("CTL")
    stamp_s = trust_list.decode(data).signing_header.timestamp_s or 0
    return trust_list_dump.write(data, "CTL", datetime.fromtimestamp(stamp_s, UTC))


def _publisher_only(shell: Shell) -> None:
    """Source: CLI Reference 15: `utils itl reset` runs on the publisher."""
    shell.cucm()
    if shell.node_name != shell.home.publisher.name:
        raise Declined("this command runs on the publisher only")


def _reset_itl(key: str, help_: str) -> Command:
    def deed(shell: Shell, _given: Given) -> Reply:
        _publisher_only(shell)
        if shell.home is not shell.cluster:
            raise Declined("the twin resets the ITL of the first cluster only")
        release = shell.home.release
        if release.itl_signer is not Signer.CALLMANAGER:
            # Source: CLI Reference 15 asks before it goes on. Assumption: its words.
            shell.confirm("All phones have to be reset afterwards. Do you want to continue? (y/n):")
        active = [
            node.name
            for node in shell.home.nodes.values()
            if node.tftp is not None and node.tftp.service.is_started
        ]
        reply = shell.act({"itl_reset": {"key": key}})
        if reply.status is not Status.DONE:
            return reply
        lines = [
            "Locating active Tftp servers in the cluster.....",
            "",
            "Following is the list of Active tftp servers in the cluster",
            "",
            str(active),
            "The reset ITL file was generated successfully",
            "",
            "Transferring new reset ITL file to the TFTP server nodes in the cluster.....",
        ]
        if release.itl_signer is Signer.CALLMANAGER:
            lines += ["", "Restarting Cisco Tftp on the nodes above....."]
        return Reply("\n".join(lines))

    return Command(("utils", "itl", "reset", f"{key}key"), help_, deed)


def _set_mode(mode: ClusterMode) -> Command:
    word, title = _WORDS[mode]

    def deed(shell: Shell, _given: Given) -> Reply:
        shell.cucm()
        what = f"This operation will set the cluster to {title} mode."
        shell.confirm(f"{what} Do you want to continue? (y/n):")
        step = {"set_cluster_mode": {"mode": str(mode), "node": shell.node_name}}
        moving = f"Moving Cluster to {title} Mode\nCluster set to {title} Mode\n{RESTART}"
        return shell.act(step, moving)

    return Command(("utils", "ctl", "set-cluster", word), f"set the cluster to {word}", deed)


def _update_ctl(shell: Shell, _given: Given) -> Reply:
    shell.cucm()
    shell.confirm("This operation will update the CTLFile. Do you want to continue? (y/n):")
    step = {"ctl_update": {"node": shell.node_name}}
    return shell.act(step, f"Updating CTL file\nCTL file Updated\n{RESTART}")


def _reset_ctl(shell: Shell, _given: Given) -> Reply:
    shell.cucm()
    shell.confirm("This operation will reset the CTLFile. Do you want to continue? (y/n):")
    step = {"ctl_reset": {"node": shell.node_name}}
    return shell.act(step, f"CTL file reset\n{RESTART}")


COMMANDS = (
    Command(("show", "itl"), "the ITL file this node serves", _show_itl),
    Command(("show", "ctl"), "the CTL file of this node", _show_ctl),
    _reset_itl("local", "sign the ITL with the key that phones know from before"),
    _reset_itl("remote", "the same with an exported ITLRecovery.p12"),
    _set_mode(ClusterMode.MIXED),
    _set_mode(ClusterMode.NON_SECURE),
    Command(("utils", "ctl", "update", "CTLFile"), "make the CTL file anew", _update_ctl),
    Command(
        ("utils", "ctl", "reset", "localkey"), "sign the CTL with the key that phones know",
        _reset_ctl,
    ),
)  # fmt: skip
