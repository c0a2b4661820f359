"""The drawn trust graph: every system once, failing legs in red with their alert."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.patches import FancyArrowPatch

from twin.graph.picture import Arrow, Box, Health, Picture
from twin.report.figure_files import figure_bytes
from twin.report.trust_figure import BOX_WIDTH, FAILS, trust_figure

BOXES = tuple(
    [Box("outside", 2, ("trusts Public CA",)), Box("core", 1, ("shows core: Issuing CA",))]
    + [Box(f"node{number}", 0, ("shows tomcat: self-signed",)) for number in range(1, 19)]
)
ARROWS = (
    Arrow("outside", "core", Health.FINE, "L1"),
    *(Arrow("core", f"node{number}", Health.FINE, "L4 L7") for number in range(3, 19)),
    Arrow("core", "node1", Health.FAILS, "L7: unknown ca"),
    Arrow("core", "node2", Health.WOULD_FAIL, "L4: certificate expired"),
)


@pytest.fixture(scope="module")
def figure() -> Any:
    """Twenty systems."""
    made = trust_figure(Picture(BOXES, ARROWS), "twenty", "at the start")
    figure_bytes(made, "png")
    return made


def texts(figure: Any) -> dict[str, Any]:
    """The texts of a figure by what they say."""
    return {text.get_text(): text for text in figure.axes[0].texts}


def test_failing_legs_are_red_and_say_their_alert(figure: Any) -> None:
    """Red is for what fails now and, dashed, for what would; nothing else is red."""
    assert texts(figure)["L7: unknown ca"].get_color() == FAILS
    assert texts(figure)["L4: certificate expired"].get_color() == FAILS
    assert texts(figure)["L1"].get_color() != FAILS
    arrows = [one for one in figure.axes[0].patches if isinstance(one, FancyArrowPatch)]
    assert len(arrows) == len(ARROWS)
    red = [one for one in arrows if one.get_linewidth() > 1]
    assert [one.get_linestyle() for one in red].count("-") == 1
    assert len(red) == 2


def test_systems_stand_in_columns_by_layer_in_natural_order(figure: Any) -> None:
    """The nodes are in the last column, node2 above node10."""
    place = {
        name: texts(figure)[name].get_position() for name in ("outside", "core", "node2", "node10")
    }
    assert place["outside"][0] < place["core"][0] < place["node2"][0]
    assert place["node2"][0] == place["node10"][0]
    assert place["node2"][1] > place["node10"][1]


def test_no_text_covers_another(figure: Any) -> None:
    """Twenty systems can be read: labels and box texts do not overlap."""
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts if text.get_text()]
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            assert not one.overlaps(other)


def test_the_texts_of_a_box_stay_in_it(figure: Any) -> None:
    """A long line is cut to the width of the box."""
    long = Box("a", 0, ("trusts " + "a very long name " * 6,))
    made = trust_figure(Picture((long,), ()), "one", "")
    figure_bytes(made, "png")
    line = next(text for text in made.axes[0].texts if text.get_text().endswith("…"))
    width = line.get_window_extent(made.canvas.get_renderer()).width / made.dpi
    assert width < BOX_WIDTH - 0.1


def test_equal_pictures_give_equal_bytes() -> None:
    """The SVG has neither date nor chance in it."""
    made = [trust_figure(Picture(BOXES, ARROWS), "t", "s") for _ in range(2)]
    assert figure_bytes(made[0], "svg") == figure_bytes(made[1], "svg")
