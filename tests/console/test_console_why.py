"""`why`: the explanation is what the phone does, and the remedies are those that heal."""

from __future__ import annotations

import hashlib

import pytest

from twin.cluster.twin import Twin
from twin.console.explaining import explain
from twin.errors import ActionError
from twin.phones.lifecycle import Event, FileKind, TVSAnswer
from twin.phones.looks import AnswerKept, FileOffered, ListsSearched, TLSTried, TVSAsked
from twin.phones.outcomes import Outcome, Reason, unpack

PHONE = "SEP885A92D977CA"

# Both certificates renewed while the phones were off: nobody they know vouches for anybody.
STRANDED = (
    {"power": {"on": False}},
    {"regenerate": {"node": "pub", "unit": "CallManager"}},
    {"advance": {"for": "10m"}},
    {"regenerate": {"node": "pub", "unit": "TVS"}},
    {"regenerate": {"node": "sub1", "unit": "TVS"}},
)
# One TVS is left that the phones know, behind one they do not.
HALF = (*STRANDED[:3], {"regenerate": {"node": "sub1", "unit": "TVS"}})
SILENT = (*STRANDED[:3], {"stop_service": {"node": "sub1", "service": "TVS"}}, STRANDED[3])
KNOWN = STRANDED[:3]
NOTHING_NEW = STRANDED[:1]

STORIES = {"stranded": STRANDED, "half": HALF, "silent": SILENT, "known": KNOWN,
           "nothing new": NOTHING_NEW}  # fmt: skip

STRANDED_TEXT = """\
SEP885A92D977CA, a 7841 with SIP at lab: registered with labserver2
It holds
  no CTL
  an ITL of 8542 bytes (SHA1 {sha1}) signed by {pub} serial {old_signer}
    SAST: {pub} serial {old_signer}
    SAST: CN=ITLRECOVERY_labserver1.vasank.com;{rest} serial {recovery}
    CCM+TFTP: {pub} serial {old_signer}
    CAPF: CN={capf_name};{rest} serial {capf}
    TVS: {pub} serial {old_tvs1}
    TVS: {sub} serial {old_tvs2}
  a configuration signed by {pub} serial {old_signer}
    CallManager: labserver2, labserver1
    TVS: labserver2, labserver1
labserver1 serves it an ITL signed by {pub} serial {new_signer}
  the signer is in neither CTL nor ITL
  so a TVS has to vouch for it
  TVS of labserver2 presents {sub} serial {new_tvs2}
    the stored ITL does not list that certificate as a TVS
  TVS of labserver1 presents {pub} serial {new_tvs1}
    the stored ITL does not list that certificate as a TVS

Stuck: signer not in lists, tvs certificate not in itl.
What would free it:
  utils itl reset localkey
  delete the ITL on the phone"""


def told(steps, **options):
    """A twin after these steps."""
    one = Twin("seed-lab", **options)
    for step in steps:
        assert one.do(step).outcome == "done", step
    return one


def serial(twin, node, unit):
    """The serial of a node's certificate now."""
    return twin.cluster.nodes[node].files.own[unit].certificate.serial_bytes.hex()


def test_the_explanation_of_a_stranded_phone_names_every_certificate_it_looked_at() -> None:
    """Lists held, file offered, who signed it, each TVS and what came of it, and the remedies."""
    fresh = Twin("seed-lab")
    twin = told((*STRANDED, {"power": {"on": True}}, {"advance": {"for": "30m"}}))
    columns = twin.cluster.population
    itl = twin.cluster.engine.core.judgements.lists(columns.holdings[columns.index[PHONE]])[1]
    data = twin.cluster.files[itl].data
    capf = fresh.cluster.nodes["labserver1"].files.own["CAPF"].certificate
    rest = "OU=TAC;O=Cisco;L=BGL;ST=KA;C=IN"
    assert explain(twin, PHONE) == STRANDED_TEXT.format(
        sha1=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        rest=rest, pub=f"CN=labserver1.vasank.com;{rest}", sub=f"CN=labserver2.vasank.com;{rest}",
        capf_name=capf.common_name, capf=serial(fresh, "labserver1", "CAPF"),
        recovery=serial(fresh, "labserver1", "ITLRecovery"),
        old_signer=serial(fresh, "labserver1", "CallManager"),
        old_tvs1=serial(fresh, "labserver1", "TVS"), old_tvs2=serial(fresh, "labserver2", "TVS"),
        new_signer=serial(twin, "labserver1", "CallManager"),
        new_tvs1=serial(twin, "labserver1", "TVS"), new_tvs2=serial(twin, "labserver2", "TVS"),
    )  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("release", ["9.1", "10.5", "12.5", "15"])
def test_what_is_explained_is_what_the_phone_does_next(story: str, release: str) -> None:
    """The looks before a boot are, in their order, what the boot's own journal rows tell."""
    twin = told((*STORIES[story], {"advance": {"for": "10m"}}), release=release)
    phone = twin.cluster.population.index[PHONE]
    finding, looks = twin.why(PHONE)
    twin.do({"power": {"on": True, "phones": {"phones": [PHONE]}}})
    twin.advance("20m")
    twin.finish()
    rows = [row for row in twin.memory.phones() if row[1] == phone]
    itl = next(row for row in rows if row[2] == Event.ITL_CHECKED)
    rows = rows[: next(n for n, row in enumerate(rows) if row is itl)]

    offered = next(place for place, look in enumerate(looks)
                   if isinstance(look, FileOffered) and look.file.kind is FileKind.ITL)  # fmt: skip
    about_itl = looks[offered + 1 :]
    following = [n for n, look in enumerate(about_itl) if isinstance(look, FileOffered)]
    about_itl = about_itl[: following[0]] if following else about_itl
    asked = [look for look in about_itl if isinstance(look, TVSAsked)]
    assert [look.node for look in asked] == [row[3] for row in rows if row[2] == Event.TVS_ASKED]
    answers = [row[4] for row in rows if row[2] == Event.TVS_ANSWERED]
    assert [look.answer is not None for look in asked] == [
        answer in (TVSAnswer.KNOWN, TVSAnswer.UNKNOWN) for answer in answers
    ]
    outcome, reasons = unpack(int(itl[4]))
    searched = next((look for look in about_itl if isinstance(look, ListsSearched)), None)
    if looks[offered].is_held:
        assert outcome is Outcome.UNCHANGED
    elif asked:
        assert (outcome is Outcome.ACCEPTED_TVS) == (asked[-1].reasons == Reason.NONE)
    else:
        assert searched.outcome is outcome
    if finding.is_stuck and outcome is Outcome.REJECTED:
        assert reasons == finding.reasons


@pytest.mark.parametrize("story", STORIES)
def test_the_finding_is_that_of_the_run(story: str) -> None:
    """Explained or found at the end of a run: one judgement, for every phone."""
    twin = told(STORIES[story])
    found = twin.stuck()
    for name in twin.cluster.population.names:
        finding, _ = twin.why(name)
        assert finding.is_stuck == (name in found)
        if finding.is_stuck:
            assert finding == found[name]


def test_the_remedy_that_is_named_heals_and_the_explanation_says_so() -> None:
    """After `utils itl reset localkey` and a reset the phone is said not to be stuck."""
    twin = told((*STRANDED, {"power": {"on": True}}, {"advance": {"for": "30m"}}))
    assert "  utils itl reset localkey\n" in explain(twin, PHONE)
    twin.do({"itl_reset": {"key": "local"}})
    twin.do({"reset_phones": {}})
    twin.do({"wait": {"until": "all_phones_registered", "at_most": "1h"}})
    assert explain(twin, PHONE).endswith("Not stuck: it accepts what it is served now.")


def test_a_remembered_answer_is_told_of() -> None:
    """A phone that a TVS told of the signer today does not ask again, and the text says why."""
    twin = told((*KNOWN, {"power": {"on": True}}, {"advance": {"for": "30m"}}))
    columns = twin.cluster.population
    phone = columns.index[PHONE]
    assert phone in columns.tvs_cache
    columns.holdings[phone] = Twin("seed-lab").cluster.population.holdings[phone]
    _, looks = twin.why(PHONE)
    assert [look.helps for look in looks if isinstance(look, AnswerKept)] == [True]
    assert "remembers an answer of a TVS about the signer, which settles it" in explain(twin, PHONE)


def test_a_secure_phone_tells_of_its_tls_session() -> None:
    """With a CallManager certificate that its CTL does not have, the phone breaks off, and the
    alert that OpenSSL sent stands in the text."""
    twin = Twin("mixed-mode-200")
    columns = twin.cluster.population
    secure = next(n for n in range(columns.size) if columns.group(n).is_secure)
    name = columns.names[secure]
    assert "the TLS session comes about" in explain(twin, name)
    twin.do({"power": {"on": False}})
    for node in ("pub", "sub1"):
        twin.do({"regenerate": {"node": node, "unit": "CallManager"}})
        twin.do({"restart_service": {"node": node, "service": "CallManager"}})
    _, looks = twin.why(name)
    refused = [look.verdict for look in looks if isinstance(look, TLSTried)]
    assert refused
    assert {verdict.refused_by for verdict in refused} == {"client"}
    assert "the phone breaks off (" in explain(twin, name)


def test_a_phone_whose_file_server_is_down_is_not_stuck_but_says_so() -> None:
    """A fault of service, not of trust."""
    twin = told(({"stop_service": {"node": "pub", "service": "TFTP"}},))
    assert explain(twin, PHONE).endswith(
        "Not stuck: no TFTP node of its option 150 serves files now."
    )


def test_asking_why_changes_nothing() -> None:
    """The journal of a twin that was asked is that of one that was not."""
    asked = told(STRANDED)
    explain(asked, PHONE)
    assert asked.finish().fingerprint == told(STRANDED).finish().fingerprint


def test_a_phone_that_is_not_there_is_told_with_the_nearest() -> None:
    """In one line."""
    with pytest.raises(ActionError, match=f"did you mean '{PHONE}'"):
        Twin("seed-lab").why(PHONE[:-1] + "B")
