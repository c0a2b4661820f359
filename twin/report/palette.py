"""The colours of all figures, chosen so that the colour-blind and a grey printer tell them apart.

Source: Okabe and Ito, "Color Universal Design"; calm states are pale, so that a storm stands out.
"""

from __future__ import annotations

INK = "#22303A"
FAINT = "#7A8892"
ALARM = "#B34700"
GRID = "#DDE3E7"
QUEUE = "#51606B"

BANDS = {
    "unregistered": "#D55E00",
    "srst": "#009E73",
    "registering": "#0072B2",
    "asking_tvs": "#CC79A7",
    "downloading": "#56B4E9",
    "resetting": "#E69F00",
    "reset_pending": "#F0E442",
    "off": "#B8BEC3",
    "registered": "#E9F0F4",
}
"""From the bottom of the stack to the top: the longer a phone will be away, the lower."""

BAND_WORDS = {
    "registered": "registered",
    "reset_pending": "told to reset",
    "resetting": "resetting",
    "downloading": "downloading",
    "asking_tvs": "asking TVS",
    "registering": "registering",
    "unregistered": "unregistered",
    "srst": "on SRST",
    "off": "no power",
}
"""In the order of a phone's life."""

FAILS = "#C00000"
BOX = "#F7F9FA"
PAPER = "#FFFFFF"
BLACK = "#000000"

ON_A_PAGE = {
    INK: "ink", FAINT: "muted", ALARM: "alarm", GRID: "grid", QUEUE: "queue", FAILS: "bad",
    BOX: "box", PAPER: "paper", BLACK: "ink",
    BANDS["registered"]: "registered", BANDS["off"]: "off",
}  # fmt: skip
"""Colours of figures that a page has its own shade of, by the name of its CSS variable."""
