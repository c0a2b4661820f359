"""`show cert`, `set cert`, `show csr`, `set csr`: certificates and requests of the node.

Knows: the commands, what they print, which step each is. Must not know the listings' text
(`twin.outputs`) nor the rules (`twin.nodes`).

Source: Cisco CLI Reference 15; cucm-pki-behaviour 9. Assumption: the words of a status line where
neither gives them.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.config.words import NEVER_SIGNED, TrustUnit, Unit
from twin.console.grammar import Argument, Command, nearest
from twin.console.shell import Given, Reply, Shell
from twin.errors import Fault, InputError
from twin.outputs import certificate_dump, certificate_list
from twin.outputs.certificate_list import ListedCertificate, own_description
from twin.pki.stores import TrustEntry

RENEWS_RECOVERY = (
    "Phones that do not hold the present ITL may be lost. Proceed with regeneration? (yes|no)"
)


# -- what there is ------------------------------------------------------------------------------


def own_units(shell: Shell) -> list[str]:
    """Units that have a certificate here, in the product's order."""
    present = shell.node.files.own
    return [str(unit) for unit in Unit if str(unit) in present]


def signable_units(shell: Shell) -> list[str]:
    """Units a CA may sign for."""
    return [unit for unit in own_units(shell) if unit not in NEVER_SIGNED]


def trust_units(_shell: Shell) -> list[str]:
    """The trust stores."""
    return [str(unit) for unit in TrustUnit]


def own_files(shell: Shell) -> list[str]:
    """File names as `show cert list own` prints them."""
    return [f"{unit}/{unit}.pem" for unit in own_units(shell)]


def _stored(shell: Shell) -> Iterator[tuple[str, TrustEntry]]:
    stores = shell.node.files.trust
    for unit in trust_units(shell):
        for entry in stores[unit].entries() if unit in stores else ():
            yield unit, entry


def trust_files(shell: Shell) -> list[str]:
    """File names as `show cert list trust` prints them."""
    return [f"{unit}/{entry.file_name}" for unit, entry in _stored(shell)]


def trust_names(shell: Shell) -> list[str]:
    """File names of all trust stores, without the store."""
    return list(dict.fromkeys(entry.file_name for _, entry in _stored(shell)))


def _requested(shell: Shell) -> list[str]:
    waiting = shell.node.requests.outstanding
    return [unit for unit in own_units(shell) if unit in waiting]


def _origins(shell: Shell) -> list[str]:
    """What of the model can be uploaded to a trust store without a file."""
    model = shell.model
    systems = [one.name for one in model.systems]
    return [*(one.name for one in model.certificate_authorities), *shell.nodes, *systems]


# -- showing ------------------------------------------------------------------------------------


def _list_own(shell: Shell, _given: Given) -> str:
    own = shell.up().files.own
    return certificate_list.write(
        ListedCertificate(unit, f"{unit}.pem", own_description(own[unit].certificate))
        for unit in own_units(shell)
    )


def _list_trust(shell: Shell, _given: Given) -> str:
    shell.up()
    return certificate_list.write(
        # Source: the seed's listing: CAPF-trust has no descriptions.
        ListedCertificate(
            unit, entry.file_name, "" if unit == TrustUnit.CAPF else entry.description
        )
        for unit, entry in _stored(shell)
    )


def _show_own(shell: Shell, given: Given) -> str:
    own = shell.up().files.own
    asked = given["FILE"].removesuffix(".pem").split("/")[-1].lower()
    unit = next((unit for unit in own_units(shell) if unit.lower() == asked), None)
    if unit is None:
        raise _no_file("show cert own", given["FILE"], own_files(shell))
    return certificate_dump.write(own[unit].certificate, _layout(shell))


def _show_trust(shell: Shell, given: Given) -> str:
    shell.up()
    asked = given["FILE"]
    found = [
        entry.certificate
        for unit, entry in _stored(shell)
        if asked in (entry.file_name, f"{unit}/{entry.file_name}")
    ]
    if not found:
        raise _no_file("show cert trust", asked, [*trust_files(shell), *trust_names(shell)])
    if any(one != found[0] for one in found):
        places = [name for name in trust_files(shell) if name.endswith(f"/{asked}")]
        expected = f"one of {', '.join(places)}"
        raise InputError(Fault("show cert trust", f"{asked!r} in several stores", expected))
    return certificate_dump.write(found[0], _layout(shell))


def _no_file(command: str, asked: str, names: list[str]) -> InputError:
    expected = "a file that the listing names"
    return InputError(Fault(command, f"no {asked!r} here", expected, nearest(asked, names)))


def _layout(shell: Shell) -> str:
    return str(shell.node.host.release.certificate_listing)


# -- changing -----------------------------------------------------------------------------------


def _regenerate(shell: Shell, given: Given) -> Reply:
    unit = given["UNIT"]
    if unit == Unit.ITL_RECOVERY:
        # Source: CLI Reference 15: regenerating ITLRecovery asks first. Assumption: its words.
        shell.confirm(RENEWS_RECOVERY)
    step = {"regenerate": {"node": shell.node_name, "unit": unit}}
    return shell.act(step, f"Successfully Regenerated Certificate for {unit}.{_hint(shell, unit)}")


def _import_own(shell: Shell, given: Given) -> Reply:
    unit = given["UNIT"]
    upload = {"node": shell.node_name, "unit": unit}
    if "FILE" in given:
        upload["file"] = given["FILE"]
    done = f"Successfully imported certificate for {unit}.{_hint(shell, unit)}"
    return shell.act({"upload_identity": upload}, done)


def _import_trust(shell: Shell, given: Given) -> Reply:
    unit, what = given["UNIT"], given["FROM"]
    model = shell.model
    if what in [one.name for one in model.certificate_authorities]:
        origin = "authority"
    elif what in shell.nodes:
        origin = "certificate_of"
    else:
        origin = "system" if what in [one.name for one in model.systems] else "file"
    step = {"upload_trust": {"node": shell.node_name, "unit": unit, origin: what}}
    return shell.act(step, f"Successfully imported trust certificate for {unit}.")


def _delete(shell: Shell, given: Given) -> Reply:
    unit, name = given["UNIT"], given["NAME"]
    step = {"delete_trust": {"node": shell.node_name, "unit": unit, "name": name}}
    return shell.act(step, f"Successfully deleted {unit}/{name}.")


def _hint(shell: Shell, unit: str) -> str:
    """What the release tells one to restart."""
    restarts = shell.node.host.release.restart_services.get(Unit(unit), ())
    return f"\nRestart: {', '.join(restarts)}" if restarts else ""


# -- requests -----------------------------------------------------------------------------------


def _list_requests(shell: Shell, _given: Given) -> str:
    shell.up()
    return "\n".join(f"{unit}/{unit}.csr" for unit in _requested(shell))


def _show_request(shell: Shell, given: Given) -> str:
    waiting = shell.up().requests.outstanding[given["UNIT"]]
    return waiting.request.pem.decode()


def _generate_request(shell: Shell, given: Given) -> Reply:
    unit = given["UNIT"]
    step = {"generate_csr": {"node": shell.node_name, "unit": unit}}
    return shell.act(step, f"Successfully Generated CSR for {unit}")


def _sign(shell: Shell, given: Given) -> Reply:
    signed = {"node": shell.node_name, "unit": given["UNIT"], "authority": given["CA"]}
    done = f"{given['CA']} has signed; 'set cert import own {given['UNIT']}' uploads it"
    return shell.act({"sign_csr": signed}, done)


def _authorities(shell: Shell) -> list[str]:
    return [one.name for one in shell.model.certificate_authorities]


_UNIT = Argument("UNIT", "own certificate", own_units, is_closed=True)
_SIGNABLE = Argument("UNIT", "own certificate that a CA may sign", signable_units, is_closed=True)
_STORE = Argument("UNIT", "trust store", trust_units, is_closed=True)

COMMANDS = (
    Command(("show", "cert", "list", "own"), "own certificates of the node", _list_own),
    Command(("show", "cert", "list", "trust"), "trust certificates of the node", _list_trust),
    Command(
        ("show", "cert", "own"), "an own certificate, field by field", _show_own,
        (Argument("FILE", "as the listing names it", own_files),),
    ),
    Command(
        ("show", "cert", "trust"), "a trust certificate, field by field", _show_trust,
        (Argument("FILE", "as the listing names it", trust_files, takes_rest=True),),
    ),
    Command(("set", "cert", "regen"), "regenerate an own certificate", _regenerate, (_UNIT,)),
    Command(
        ("set", "cert", "import", "own"), "upload an own certificate", _import_own,
        (
            _SIGNABLE,
            Argument(
                "FILE", "file; without one, what a CA of the model signed last", takes_rest=True,
                is_optional=True,
            ),
        ),
    ),
    Command(
        ("set", "cert", "import", "trust"), "upload a trust certificate", _import_trust,
        (
            _STORE,
            Argument(
                "FROM", "file, or a CA, node or system of the model", _origins, takes_rest=True
            ),
        ),
    ),
    Command(
        ("set", "cert", "delete"), "delete a trust certificate", _delete,
        (_STORE, Argument("NAME", "its file, NAME.pem", trust_names, takes_rest=True)),
    ),
    Command(("show", "csr", "list", "own"), "requests that wait for a CA", _list_requests),
    Command(
        ("show", "csr", "own"), "a request that waits, PEM", _show_request,
        (Argument("UNIT", "unit that has one", _requested, is_closed=True),),
    ),
    Command(("set", "csr", "gen"), "make a signing request", _generate_request, (_SIGNABLE,)),
    Command(
        ("sign",), "let a CA of the model sign a request of the node", _sign,
        (_SIGNABLE, Argument("CA", "CA of the model", _authorities, is_closed=True)),
        is_of_twin=True,
    ),
)  # fmt: skip
