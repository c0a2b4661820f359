"""`why`: what a phone would do now, step by step, in words.

Knows: sentences. The steps themselves are those that decided (`twin.phones.looks`), so nothing is
judged here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from twin.cluster.twin import Twin
from twin.phones.files import StoredFile
from twin.phones.judgements import NOTHING
from twin.phones.lifecycle import REGISTERED_STATES, FileKind, State
from twin.phones.looks import (
    AnswerKept,
    FileOffered,
    ListsSearched,
    Look,
    TLSTried,
    TVSAsked,
)
from twin.phones.outcomes import Outcome, Reason
from twin.phones.trust import certificate_of
from twin.pki.certificates import Certificate
from twin.pki.list_record import Role

_FILES = {
    FileKind.CTL: "a CTL",
    FileKind.ITL: "an ITL",
    FileKind.CONFIG: "a configuration",
    FileKind.OTHER: "a file",
}
_ACCEPTED = {
    Outcome.ACCEPTED_LOCAL: "accepted by its own lists",
    Outcome.ACCEPTED_FIRST_USE: "accepted unchecked: it holds no list (trust on first use)",
}
_WORDS = {
    Reason.SIGNER_NOT_IN_LISTS: "the signer is in neither CTL nor ITL",
    Reason.ROLE_INSUFFICIENT: "the signer is known, but not in the role this file needs",
    Reason.BAD_SIGNATURE: "the signature does not verify",
    Reason.MALFORMED: "the file cannot be read",
    Reason.LIST_TOO_LARGE: "the list is larger than the phone can load",
    Reason.NO_TVS_LISTED: "its configuration names no TVS, or its model uses none",
    Reason.TVS_UNREACHABLE: "it does not answer",
    Reason.TVS_CERTIFICATE_NOT_IN_ITL: "the stored ITL does not list that certificate as a TVS",
    Reason.TVS_DOES_NOT_KNOW_SIGNER: "it does not know the signer",
    Reason.RECORD_EXPIRED: "the record's certificate is out of its dates",
    Reason.TVS_CERTIFICATE_EXPIRED: "that certificate is out of its dates",
    Reason.KEY_TOO_LONG: "the phone cannot use so long a key",
}


def explain(twin: Twin, phone: str) -> str:
    """Why a phone is stuck, or that it is not.

    Raises:
        ActionError: the model has no such phone.
    """
    finding, looks = twin.why(phone)
    lines = [*_where(twin, phone), *_holds(twin, phone), *_steps(twin, looks)]
    if finding.is_stuck:
        reasons = [word.replace("_", " ") for word in finding.reasons.words()]
        lines += ["", f"Stuck: {', '.join(reasons)}."]
        lines.append("What would free it:" if finding.remedies else "Nothing tried would free it.")
        lines += [f"  {remedy}" for remedy in finding.remedies]
    elif not looks:
        lines += ["", "Not stuck: no TFTP node of its option 150 serves files now."]
    else:
        lines += ["", "Not stuck: it accepts what it is served now."]
    return "\n".join(lines)


def _where(twin: Twin, name: str) -> Iterator[str]:
    cluster = twin.cluster
    columns = cluster.population
    phone = columns.index[name]
    group = columns.group(phone)
    state = State(columns.state[phone])
    node = f" with {_node(twin, columns.node[phone])}" if state in REGISTERED_STATES else ""
    site = cluster.network.sites[group.site].name
    word = state.name.lower().replace("_", " ")
    yield f"{name}, a {group.model} with {group.protocol} at {site}: {word}{node}"


def _holds(twin: Twin, name: str) -> Iterator[str]:
    core = twin.cluster.engine.core
    columns = core.population
    phone = columns.index[name]
    yield "It holds"
    ctl, itl = core.judgements.lists(columns.holdings[phone])
    for kind, number in ((FileKind.CTL, ctl), (FileKind.ITL, itl)):
        if number == NOTHING:
            yield f"  no {kind.name}"
        else:
            yield from _list(core.judgements.files[number])
    if columns.config[phone] == NOTHING:
        yield "  no configuration"
        return
    file = core.judgements.files[columns.config[phone]]
    yield f"  a configuration {_signed(file)}"
    if file.places is not None:
        yield f"    CallManager: {_nodes(twin, file.places.callmanagers)}"
        yield f"    TVS: {_nodes(twin, file.places.tvs)}"


def _list(file: StoredFile) -> Iterator[str]:
    digest = hashlib.sha1(file.data, usedforsecurity=False).hexdigest()
    yield f"  {_FILES[file.kind]} of {len(file.data)} bytes (SHA1 {digest}) {_signed(file)}"
    for record in file.trust_list.records if file.trust_list is not None else ():
        found = certificate_of(record)
        if found is None:
            serial = (record.serial or b"").hex()
            named = f"{record.subject or 'a hash'} serial {serial}" if serial else "a hash"
        else:
            named = _named(found)
        yield f"    {_role(record.role)}: {named}"


def _steps(twin: Twin, looks: Sequence[Look]) -> Iterator[str]:
    """The looks in order; each file begins a step of its own."""
    for look in looks:
        if isinstance(look, FileOffered):
            yield from _offered(twin, look)
        elif isinstance(look, ListsSearched):
            yield from _searched(look)
        elif isinstance(look, AnswerKept):
            what = "settles it" if look.helps else "does not settle it"
            yield f"  it remembers an answer of a TVS about the signer, which {what}"
        elif isinstance(look, TVSAsked):
            yield from _asked(twin, look)
        else:
            yield from _tried(twin, look)


def _offered(twin: Twin, look: FileOffered) -> Iterator[str]:
    yield f"{_node(twin, look.node)} serves it {_FILES[look.file.kind]} {_signed(look.file)}"
    if look.is_held:
        yield "  it has that very file"


def _searched(look: ListsSearched) -> Iterator[str]:
    for entry in look.entries:
        named = "by its hash" if entry.certificate is None else _named(entry.certificate)
        yield f"  its {entry.kind.name} has the signer as {_role(entry.role)}: {named}"
    if look.outcome in _ACCEPTED:
        yield f"  {_ACCEPTED[look.outcome]}"
        return
    yield from (f"  {words}" for words in _because(look.reasons))
    yield "  so a TVS has to vouch for it" if look.outcome is None else "  rejected"


def _asked(twin: Twin, look: TVSAsked) -> Iterator[str]:
    name = _node(twin, look.node)
    if look.presented is None:
        yield f"  TVS of {name}: {_WORDS[Reason.TVS_UNREACHABLE]}"
        return
    yield f"  TVS of {name} presents {_named(look.presented)}"
    if look.answer is not None and look.answer.certificate is not None:
        roles = ", ".join(_role(role) for role in sorted(look.answer.roles)) or "no role"
        yield f"    it answers: {_named(look.answer.certificate)}, {roles}"
    if look.reasons == Reason.NONE:
        yield "    accepted by that answer"
    yield from (f"    {words}" for words in _because(look.reasons))


def _tried(twin: Twin, look: TLSTried) -> Iterator[str]:
    yield f"CallManager of {_node(twin, look.node)} presents {_named(look.presented)}"
    verdict = look.verdict
    if verdict.succeeded:
        yield "  the TLS session comes about"
        return
    who = "the phone" if verdict.refused_by == "client" else "CallManager"
    reasons = ", ".join(verdict.reasons)
    yield f"  {who} breaks off ({verdict.alert or 'no alert'}): {reasons}"


def _because(reasons: Reason) -> Iterator[str]:
    for one in Reason:
        if one and one in reasons:
            yield _WORDS.get(one, str(one.name).lower().replace("_", " "))


def _signed(file: StoredFile) -> str:
    if file.fault:
        return f"that cannot be read: {file.fault}"
    if file.signer is None:
        return "without a signature"
    issuer, serial = file.signer
    by = f" issued by {issuer}" if issuer != file.signer_subject else ""
    return f"signed by {file.signer_subject} serial {serial.hex()}{by}"


def _named(certificate: Certificate) -> str:
    return f"{certificate.subject} serial {certificate.serial_bytes.hex()}"


def _role(role: int) -> str:
    return Role(role).name.replace("_", "+") if role in set(Role) else str(role)


def _node(twin: Twin, index: int) -> str:
    return next((one.name for one in twin.cluster.every_node if one.index == index), str(index))


def _nodes(twin: Twin, numbers: Sequence[int]) -> str:
    return ", ".join(_node(twin, number) for number in numbers) or "none"
