"""Which release profile a cluster is played with: as told, by its version, or by its traces.

Knows the profiles' units and how they print certificates. A choice by traces is a default in the
report, with the traces.
"""

from __future__ import annotations

import re

from twin.config.release import ReleaseProfile
from twin.importer.evidence import Evidence
from twin.outputs.certificate_dump import Layout


def choose_release(
    evidence: Evidence, units: set[str], profiles: list[ReleaseProfile], asked: str | None
) -> ReleaseProfile:
    """The profile to use; `profiles` in order of age.

    Args:
        units: own certificates seen or listed on some node.
        asked: the user's own word, already known to be a profile.
    """
    report = evidence.report
    by_name = {profile.name: profile for profile in profiles}
    if asked is not None:
        report.read("release", asked, "--release")
        return by_name[asked]
    for place, version in evidence.versions:
        profile = _of_version(version, profiles)
        report.read("release", f"{profile.name} for {version}", str(place))
        return profile
    traces = sorted(units)
    fitting = [one for one in profiles if units <= {str(unit) for unit in one.units}]
    layouts = {one.certificate_listing for one in fitting} & _layouts(evidence)
    if len(layouts) == 1:
        fitting = [one for one in fitting if one.certificate_listing in layouts]
        traces.append(f"certificates printed with {next(iter(layouts))}")
    if not fitting:
        fitting = profiles[-1:]
    likely = fitting
    if units:  # a release has no unit that no capture of the cluster shows
        least = min(len(set(map(str, one.units)) - units) for one in fitting)
        likely = [one for one in fitting if len(set(map(str, one.units)) - units) == least]
    chosen = likely[-1]
    others = ", ".join(one.name for one in likely)
    report.default("release", chosen.name, f"of {others}, by {', '.join(traces) or 'no trace'}")
    return chosen


def _layouts(evidence: Evidence) -> set[str]:
    return {str(layout) for layout in Layout if str(layout) in evidence.layouts}


def _of_version(version: str, profiles: list[ReleaseProfile]) -> ReleaseProfile:
    """The youngest profile not younger than a version such as 11.5.1.13900-52."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]] + [0, 0]
    asked = (numbers[0], numbers[1])
    older = [one for one in profiles if _number(one.name) <= asked]
    return older[-1] if older else profiles[0]


def _number(name: str) -> tuple[int, int]:
    major, _, minor = name.partition(".")
    return int(major), int(minor or 0)
