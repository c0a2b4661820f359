"""Questions to a live cluster about trust: what fails, what would fail, what is missing.

Every answer is judged leg by leg with real handshakes; nothing is inferred from who is connected
with whom. Knows: legs and changes. Must not know how an answer is shown.

Covers legs (`twin.cluster.legs`): systems among each other, sign-ins from outside, XMPP logins, and
for each population with a secure mode one phone that stands for it, by what it holds now. What
signed files do to phones is asked in `twin.graph.phones`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from twin.cluster.cluster import Cluster
from twin.cluster.legs import every_leg
from twin.errors import ActionError, Fault
from twin.graph.changes import EVERYWHERE, Change, Place, added, changed, deleted, present
from twin.graph.changes import regenerated as regenerated_at
from twin.graph.owners import stores
from twin.graph.phones import PhoneEffect, shut_out, stuck_after, stuck_without
from twin.nodes.legs import Leg, Side, judge
from twin.pki.certificates import Certificate
from twin.pki.handshake import Endpoint, Handshakes, Verdict

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """A leg, and how a connection over it would end."""

    leg: Leg
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Effect:
    """A leg that a change would make fail, or mend."""

    leg: Leg
    before: Verdict
    after: Verdict

    @property
    def breaks(self) -> bool:
        """Whether it would fail and does not now."""
        return self.before.succeeded and not self.after.succeeded


@dataclass(frozen=True, slots=True)
class Explanation:
    """A certificate that, in the trust stores of some systems, would mend some legs."""

    certificate: Certificate
    systems: tuple[str, ...]
    legs: tuple[Leg, ...]
    explains_all: bool
    """Whether it would mend every leg that was asked about."""


class Questions:
    """What can be asked of a cluster as it is now."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.legs = every_leg(cluster)
        self._handshakes = Handshakes()

    def verdicts(self, at: datetime | None = None) -> list[Judged]:
        """How a new connection over every leg would end now, or at another instant (aware)."""
        return [Judged(leg, self._judge(leg, at)) for leg in self.legs]

    def failing(self) -> list[Judged]:
        """The legs over which no new connection comes about."""
        return [one for one in self.verdicts() if not one.verdict.succeeded]

    # -- blast radius -----------------------------------------------------------------------

    def if_regenerated(self, places: Sequence[Place]) -> list[Effect]:
        """What regenerating these certificates together, and restarting, would do to the legs.

        Raises:
            ActionError: a place that is not there.
        """
        changes = [regenerated_at(self.cluster, place) for place in places]
        return self._effects(changes)

    def if_expired(self, place: Place) -> list[Effect]:
        """What happens in the second in which a certificate expires, to the legs that need it.

        Of several of one name each is looked at in its own second.

        Raises:
            ActionError: a place that is not there.
        """
        found = [effect for one in self.find(place) for effect in self.when_expired(one)]
        return list({effect.leg.name: effect for effect in found}.values())

    def when_expired(self, certificate: Certificate) -> list[Effect]:
        """As `if_expired`, of a certificate at hand.

        Only the chain is judged in which it stands: what the other end shows may have expired
        before, and is taken to have been renewed by then.
        """
        found = []
        for leg in self.legs:
            for judge_side, other in ((leg.client, leg.server), (leg.server, leg.client)):
                if not _counts(certificate, judge_side, other):
                    continue
                reduced = changed(leg, _unasking(other.name))
                before = self._judge(reduced, certificate.not_after - _SECOND)
                after = self._judge(reduced, certificate.not_after + _SECOND)
                if before.succeeded and not after.succeeded:
                    found.append(Effect(leg, before, after))
                    break
        return found

    def if_deleted(self, place: Place) -> list[Effect]:
        """What deleting a certificate from the trust stores of a system (`*`: of all) would do.

        Raises:
            ActionError: a certificate that no store holds.
        """
        return self._effects(self._without(place))

    def find(self, place: Place) -> tuple[Certificate, ...]:
        """The trusted certificates of a common name at a place, else the own one of a unit.

        Raises:
            ActionError: neither is there.
        """
        held = [(name, one) for name, _, trusted in stores(self.cluster) for one in trusted]
        held += [
            (side.name, one)
            for leg in self.legs
            for side in (leg.client, leg.server)
            for one in anchors_of(side)
        ]
        here = [one for name, one in held if place.system in (EVERYWHERE, name)]
        found = tuple(dict.fromkeys(one for one in here if one.common_name == place.unit))
        if not found and place.system == EVERYWHERE:
            names = ", ".join(sorted({one.common_name for one in here})) or "none"
            raise ActionError(Fault(str(place), repr(place.unit), f"one of {names}"))
        return found or (present(self.cluster, place),)

    def _without(self, place: Place) -> list[Change]:
        return [deleted(self.cluster, one, place.system) for one in self.find(place)]

    def _effects(self, changes: Sequence[Change]) -> list[Effect]:
        found = []
        for leg in self.legs:
            after = leg
            for change in changes:
                after = changed(after, change)
            effect = Effect(leg, self._judge(leg), self._judge(after))
            if effect.before.succeeded != effect.after.succeeded:
                found.append(effect)
        return found

    def phones_if_regenerated(self, places: Sequence[Place]) -> list[PhoneEffect]:
        """What regenerating these together would do to phones, by population; see `phones`.

        Raises:
            ActionError: a place that is not there.
        """
        changes = [regenerated_at(self.cluster, place) for place in places]
        return [*stuck_after(self.cluster, places), *self._shut_out(changes)]

    def phones_if_deleted(self, place: Place) -> list[PhoneEffect]:
        """What deleting a certificate from trust stores would do to phones.

        Raises:
            ActionError: a certificate that no store holds.
        """
        stuck = stuck_without(self.cluster, self.find(place), place.system)
        return [*stuck, *self._shut_out(self._without(place))]

    def _shut_out(self, changes: Sequence[Change]) -> list[PhoneEffect]:
        return shut_out(self.cluster, self._up(()), self._up(changes))

    def _up(self, changes: Sequence[Change]) -> set[tuple[str, str, str]]:
        """Kind, client and server of the legs over which new connections come about then."""
        found = set()
        for leg in self.legs:
            after = leg
            for change in changes:
                after = changed(after, change)
            if self._judge(after).succeeded:
                found.add((leg.kind, leg.client.name, leg.server.name))
        return found

    # -- what is missing --------------------------------------------------------------------

    def explanations(self, legs: Sequence[Leg] | None = None) -> list[Explanation]:
        """Which one certificate is missing, where, so that these legs fail; the best first.

        Args:
            legs: by default every leg that fails now.
        """
        asked = [one for one in self.failing() if legs is None or one.leg in legs]
        found = []
        for certificate in self._candidates(asked):
            mended, systems = [], []
            for one in asked:
                leg = one.leg
                refuser = leg.client if one.verdict.refused_by == "client" else leg.server
                if self._judge(changed(leg, added(certificate, refuser.name))).succeeded:
                    mended.append(leg)
                    systems.append(refuser.name)
            if mended:
                where = tuple(dict.fromkeys(systems))
                is_all = len(mended) == len(asked)
                found.append(Explanation(certificate, where, tuple(mended), is_all))
        return sorted(found, key=lambda one: (-len(one.legs), one.certificate.subject))

    def _candidates(self, asked: Sequence[Judged]) -> list[Certificate]:
        """Certificates shown on these legs, and those known to be of somebody who signed one."""
        shown = [one for judged in asked for end in _ends(judged.leg) for one in end.chain]
        issuers = {one.issuer for one in shown}
        known = [
            one for leg in self.legs for end in _ends(leg) for one in (*end.chain, *end.anchors)
        ]
        for config in self.cluster.model.certificate_authorities:
            known += self.cluster.authorities.get(config.name).chain
        wanted = [one for one in known if one.subject in issuers]
        above = {one.issuer for one in wanted}
        wanted += [one for one in known if one.subject in above]
        return list(dict.fromkeys((*shown, *wanted)))

    def _judge(self, leg: Leg, at: datetime | None = None) -> Verdict:
        return judge(leg, self._handshakes, at)


def _ends(leg: Leg) -> list[Endpoint]:
    """Both ends, as far as they answer; client first."""
    return [end for end in (leg.client.end(), leg.server.end()) if end is not None]


def anchors_of(side: Side) -> tuple[Certificate, ...]:
    """By what one side of a leg judges the other now."""
    end = side.end()
    return () if end is None else end.anchors


def _unasking(system: str) -> Change:
    def change(side: Side, end: Endpoint) -> Endpoint:
        return replace(end, authenticates=False) if side.name == system else end

    return change


def _counts(certificate: Certificate, side: Side, other: Side) -> bool:
    """Whether a certificate may stand in a chain by which one side judges the other."""
    end = other.end()
    chain = () if end is None else end.chain
    anchors = anchors_of(side)
    signers = {one.issuer for one in chain}
    above = signers | {one.issuer for one in anchors if one.subject in signers}
    return certificate in chain or (certificate in anchors and certificate.subject in above)
