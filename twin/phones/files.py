"""Files phones hold, each distinct one kept once and known by a number.

Knows: bytes, what they decode to, and equality. Must not know who served them or who believes
them. A phone's stored CTL, ITL and config are three small integers; ten thousand phones that hold
the same list share one decoded list.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.errors import FormatError
from twin.phones.lifecycle import FileKind
from twin.pki import signed_file, trust_list
from twin.pki.phone_config import PhoneConfig
from twin.pki.phone_config import parse as parse_config
from twin.pki.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class ConfigPlaces:
    """Where a stored config sends the phone: node numbers in the order of its CallManager Group.

    `capf` is the node of CAPF, if the config names one.
    """

    callmanagers: tuple[int, ...]
    tvs: tuple[int, ...]
    capf: int | None = None
    capf_auth_mode: int = 0
    """How it is to prove itself to CAPF; 0: no operation is pending."""
    security_mode: int = 1
    """Device security mode: 1 non-secure, 2 authenticated, 3 encrypted."""
    vpn_hashes: tuple[str, ...] = ()
    """Certificates it accepts of its VPN concentrator."""
    srst_certificate: str = ""
    """The certificate it accepts of its secure SRST gateway, DER in base 64; empty: any."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One distinct file.

    `signer` is (issuer, serial) as the file's header says; None for unsigned or malformed files.
    """

    number: int
    kind: FileKind
    data: bytes
    signer: tuple[str, bytes] | None
    signer_subject: str
    trust_list: TrustList | None
    places: ConfigPlaces | None
    fault: str
    """Why it cannot be read; empty when it can."""


class FileBook:
    """All distinct files of a run.

    Args:
        node_of_name: node number by each name or address a config may use.
    """

    def __init__(self, node_of_name: dict[str, int]) -> None:
        self._files: list[StoredFile] = []
        self.sizes: list[int] = []
        """Bytes of each file, by number."""
        self._numbers: dict[tuple[FileKind, bytes], int] = {}
        self._node_of_name = node_of_name

    def __getitem__(self, number: int) -> StoredFile:
        return self._files[number]

    def __len__(self) -> int:
        return len(self._files)

    def know(self, node_of_name: dict[str, int]) -> None:
        """Names and addresses of further nodes; before any config that uses them is read."""
        self._node_of_name.update(node_of_name)

    def add(self, kind: FileKind, data: bytes) -> int:
        """The number of these bytes as a file of this kind; read once, when first seen."""
        number = self._numbers.get((kind, data))
        if number is None:
            number = len(self._files)
            self._files.append(self.read(kind, data, number))
            self.sizes.append(len(data))
            self._numbers[kind, data] = number
        return number

    def read(self, kind: FileKind, data: bytes, number: int = -1) -> StoredFile:
        """Decode without keeping."""
        try:
            if kind in (FileKind.CTL, FileKind.ITL):
                return self._read_list(kind, data, number)
            return self._read_config(kind, data, number)
        except FormatError as fault:
            return StoredFile(number, kind, data, None, "", None, None, str(fault))

    def _read_list(self, kind: FileKind, data: bytes, number: int) -> StoredFile:
        decoded = trust_list.decode(data)
        header = decoded.signing_header
        signer = (header.issuer, header.serial)
        return StoredFile(number, kind, data, signer, header.signer, decoded, None, "")

    def _read_config(self, kind: FileKind, data: bytes, number: int) -> StoredFile:
        signer: tuple[str, bytes] | None = None
        subject = ""
        body = data
        if data[:1] == b"\x01":  # a signed file starts with its version TLV, XML never does
            signed = signed_file.decode(data)
            signer = (signed.header.issuer, signed.header.serial)
            subject = signed.header.signer
            body = signed.body
        places = self._places(parse_config(body))
        return StoredFile(number, kind, data, signer, subject, None, places, "")

    def _places(self, config: PhoneConfig) -> ConfigPlaces:
        names = self._node_of_name
        return ConfigPlaces(
            callmanagers=tuple(names[name] for name, _ in config.call_managers if name in names),
            tvs=tuple(names[address] for address in config.tvs_addresses if address in names),
            capf=names.get(config.capf_address or ""),
            capf_auth_mode=config.capf_auth_mode,
            security_mode=config.device_security_mode,
            vpn_hashes=config.vpn_hashes,
            srst_certificate=config.srst_certificate,
        )
