"""itlreset.log: a run of `utils itl reset`.

Source: the log of the TAC deck of 2016, where the deck runs lines together they are taken apart
at each label. What the tool reads from the old list's signature block (tags, lengths, modulus) and
what it hears of other services' states is read and not written.
"""

from __future__ import annotations

from twin.logs.moments import WORDS
from twin.logs.shapes import Family, Shape
from twin.logs.templates import Kind

_INFO = "{at:at} itlreset INFO: "
_DEBUG = "{at:at} itlreset DEBUG: "


def _location(value: object) -> str:
    return str(value).removesuffix("key")


_SHAPES = (
    Shape(
        "start",
        (
            _INFO + "Start Execution",
            _DEBUG + "Key location is {key:location}",
            _DEBUG + "Locating active Tftp servers in the cluster.....",
        ),
    ),
    Shape(
        "active_tftp_servers",
        (_INFO + "Number of Active TFTP servers in the cluster : {count:int}",),
        hidden=("nodes",),
    ),
    Shape("tftp_started", (_INFO + "Cisco Tftp service started on host {on:word}",)),
    Shape(
        "generated",
        (
            _DEBUG + "Generating the reset ITL file.....Location of ITL = {location:word}",
            "Length of ITL File {length_bytes:int}",
            "Header Length = {header_bytes:int}",
            "Printing the Cisco SAST signerName{signer_name}",
            "Printing the Cisco SAST issuerName{issuer_name}",
            "SIGNERNAME ={old_signer}",
            "CANAME = {old_issuer}{? SIGNATUREINFO .*}",
            "Print the value of ITL new Header Length : {new_header_bytes:int}",
            "The new pITL file length is {new_length_bytes:int}{?got privKeySIG_BEGIN: [0-9]+}",
            _INFO + "The reset ITL file was generated successfully",
        ),
        hidden=("signer",),
    ),
    Shape(
        "transferring",
        (_DEBUG + "Transferring new reset ITL file to the TFTP server nodes in the cluster.....",),
    ),
    Shape("restarting_tftp", (_INFO + "Restarting Cisco Tftp service on host {on:word}",)),
)

ITL_RESET = Family(
    "itlreset",
    ("itlreset",),
    "cm/log/itlreset.log",
    WORDS,
    said="{at:at} itlreset {level:word}: {text_said}",
    plain=_INFO + "{text_plain:plain}",
    shapes=_SHAPES,
    kinds={"location": Kind("local|remote", _location, lambda text: text + "key")},
    loose="SIGNATUREALGOINFO {text_said}",
)
