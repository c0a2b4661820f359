"""One parser fed by atheris: `python -m tests.fuzz.target NAME CORPUS [libFuzzer options]`.

What a parser may answer to bytes from outside is its value, or one of the errors in its row; any
other exception ends the process with what atheris found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import FormatError, InputError


@dataclass(frozen=True)
class Target:
    """A parser, where its code is, and the errors it may raise."""

    parse: Callable[[bytes], Any]
    module: str
    allowed: tuple[type[Exception], ...] = (FormatError,)


def _bytes(module: str, name: str) -> Callable[[bytes], Any]:
    def parse(data: bytes) -> Any:
        from importlib import import_module

        return getattr(import_module(module), name)(data)

    return parse


def _certificate(data: bytes) -> Any:
    from twin.pki.certificates import Certificate

    found = Certificate.from_pem(data) if data.startswith(b"-") else Certificate.from_der(data)
    return found.subject, found.serial, found.not_after, found.key_bits, found.sha1


def _request(data: bytes) -> Any:
    from twin.pki.csr import SigningRequest

    return SigningRequest.from_der(data)


def _document(data: bytes) -> Any:
    from twin.config.document import parse_document

    return parse_document(data.decode("utf-8", "replace"), "fuzz.yaml")


def _model(data: bytes) -> Any:
    from twin.config import load

    _SCRATCH.write_bytes(data)
    return load.load_any(_SCRATCH)


def _log(data: bytes) -> Any:
    from twin.logs import parse

    return parse(data.decode("utf-8", "replace").split("\n"))


_SCRATCH = Path("fuzz-document.yaml")
"""In the folder the fuzzer runs in."""

TARGETS: dict[str, Target] = {
    "trust list": Target(_bytes("twin.pki.trust_list", "decode"), "twin.pki.trust_list"),
    "signed file": Target(_bytes("twin.pki.signed_file", "decode"), "twin.pki.signed_file"),
    "TVS message": Target(_bytes("twin.pki.tvs_messages", "decode"), "twin.pki.tvs_messages"),
    "CAPF message": Target(_bytes("twin.pki.capf_messages", "decode"), "twin.pki.capf_messages"),
    "phone config": Target(_bytes("twin.pki.phone_config", "parse"), "twin.pki.phone_config"),
    "certificate file": Target(_bytes("twin.pki.bundles", "read"), "twin.pki.bundles"),
    "certificate": Target(_certificate, "twin.pki.certificates"),
    "signing request": Target(_request, "twin.pki.csr"),
    "YAML": Target(_document, "twin.config.document", (InputError,)),
    "log": Target(_log, "twin.logs", (InputError,)),
    "document": Target(_model, "twin.config.load", (InputError,)),
}


def main(arguments: list[str]) -> None:
    """Feed a target until libFuzzer's limits are reached."""
    import atheris

    target = TARGETS[arguments[1]]
    with atheris.instrument_imports(include=["twin"]):
        __import__(target.module)

    def feed(data: bytes) -> None:
        with suppress(*target.allowed):
            target.parse(data)

    atheris.Setup([arguments[0], *arguments[2:]], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
