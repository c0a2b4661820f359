"""From a folder of captures to a model: read, merge, write, and tell every decision.

Knows the order of the steps. Writes no file; nothing but the folder is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twin import library
from twin.config.load import load_phone_catalogue, load_release
from twin.errors import Fault, InputError
from twin.importer.certificates import merge_certificates
from twin.importer.draft import as_name
from twin.importer.evidence import Decision
from twin.importer.folder import read_folder
from twin.importer.model_text import model_text
from twin.importer.nodes import merge_nodes
from twin.importer.phones import merge_phones
from twin.importer.release_choice import choose_release


@dataclass(frozen=True, slots=True)
class Imported:
    """A model's text, and the report: a line per decision."""

    name: str
    text: str
    decisions: tuple[Decision, ...]


def import_folder(folder: Path, name: str, release: str | None = None) -> Imported:
    """Make a model of a folder of captures.

    Args:
        name: the model's name; what a name cannot have becomes a hyphen.
        release: a release profile, instead of one by version or traces.

    Raises:
        LibraryError: no such folder. InputError: no such release, too many files, or nothing in
            the folder that names a node.
    """
    known = library.releases()
    if release is not None and release not in known:
        found = f"release {release!r}"
        raise InputError(Fault("--release", found, f"one of {', '.join(known)}"))
    evidence = read_folder(folder)
    draft = merge_nodes(evidence)
    certificates = merge_certificates(evidence, draft)
    profiles = sorted((load_release(one) for one in known), key=lambda profile: profile.order)
    profile = choose_release(evidence, certificates.units, profiles, release)
    phones = merge_phones(evidence, draft, load_phone_catalogue())
    word = as_name(name)
    bits = {str(unit): size for unit, size in profile.key_bits.items()}
    text = model_text(word, profile.name, bits, evidence, draft, certificates, phones)
    return Imported(word, text, tuple(evidence.report.decisions))
