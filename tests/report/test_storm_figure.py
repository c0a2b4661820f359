"""The storm figure: complete, readable, the same every time."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from twin.metrics.occupancy import occupancy
from twin.phones.lifecycle import Event, State
from twin.report.figure_files import figure_bytes, write_figure
from twin.report.storm_figure import Caption, storm_figure

CAPTION = Caption("Does anybody get stuck?", "model seed-lab, release 10.5")


@pytest.fixture
def draw(epoch):
    """Draw tables."""

    def drawn(tables, caption=CAPTION):
        return storm_figure(tables, occupancy(tables), epoch, caption)

    return drawn


def words(figure):
    """Every text of a figure and its panels."""
    texts = [text.get_text() for text in figure.texts]
    for panel in figure.axes:
        texts += [text.get_text() for text in panel.texts]
    for legend in figure.legends:
        texts += [text.get_text() for text in legend.get_texts()]
    return [text for text in texts if text]


def outage(made_up, phones=1_000):
    """A site that loses its WAN, with phones on SRST, unregistered, without power and retrying."""
    told = made_up.Script([State.REGISTERED] * phones + [State.OFF] * 5, ended_at_ms=3_600_000)
    told.step(60_000, "wan", "WAN to branch down")
    for phone in range(100):
        told.chain(
            phone,
            (60_000, Event.CONNECTION_LOST),
            (80_000 + phone * 100, Event.LOSS_NOTICED),
            (95_000 + phone * 100, Event.SRST_REGISTERED if phone % 2 else Event.REGISTER_GAVE_UP),
            (400_000, Event.REGISTER_RETRIED),
            (400_000 + phone * 50, Event.REGISTERED),
        )
    return told


def test_a_storm_has_its_words(draw, storm_tables):
    """Question, run, verdict, bands that occur, steps and waves are all told."""
    told = words(draw(storm_tables))
    for text in [
        "Does anybody get stuck?",
        "model seed-lab, release 10.5",
        "asking TVS",
        "list, config rejected",
        "regenerate TVS on pub (refused)",
        "restart TFTP on pub",
        "TVS of pub",
        "7 February 2016, UTC",
        "8 February 2016, UTC",
    ]:
        assert text in told
    assert any("50 phones stuck at the end" in text for text in told)
    assert any(text.endswith("not shown") for text in told)
    assert "on SRST" not in told


def test_each_stretch_has_three_panels_on_one_scale(draw, storm_tables):
    """Two storms are two columns of three panels; a row shares its scale."""
    figure = draw(storm_tables)
    assert len(figure.axes) == 6
    for row in range(3):
        assert figure.axes[row].get_ylim() == figure.axes[row + 3].get_ylim()
    assert figure.axes[0].get_ylim() == (0, 600)


def test_a_small_outage_is_drawn_large(draw, made_up):
    """With a tenth of the phones away the axis is cut above them, and says so."""
    figure = draw(outage(made_up).tables())
    assert figure.axes[0].get_ylim()[1] < 200
    assert any("axis cut at" in text for text in words(figure))
    assert "cut off, registering" in words(figure)


def test_a_narrow_storm_keeps_its_height(draw, made_up):
    """A storm of seconds within hours of others is drawn as high as it was."""
    told = made_up.Script([State.REGISTERED] * 8, ended_at_ms=30_000_000)
    for cycle in range(40):
        for phone in range(8 if cycle == 20 else 2):
            told.cycle(phone, cycle * 500_000, cycle * 500_000 + 900)
    panel = draw(told.tables()).axes[0]
    assert max(box.get_datalim(panel.transData).y1 for box in panel.collections[:1]) == 8


def on_the_page(figure):
    """The bounding box of every visible text, with the text."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for panel in figure.axes:
        texts += [*panel.texts, *panel.get_xticklabels(), *panel.get_yticklabels()]
        texts += [panel.yaxis.label]
    drawn = [text for text in texts if text.get_text() and text.get_visible()]
    return [(text.get_text(), text.get_window_extent(renderer).padded(-2)) for text in drawn]


def crowded(made_up):
    """Twenty-five steps with long words, thirty waves, refusals and phones that never return."""
    told = made_up.Script([State.REGISTERED] * 40, ended_at_ms=30_000_000)
    node = "a-rather-long-node-name.cluster.example.com"
    for number in range(25):
        outcome = ("done", "refused", "timed_out")[number % 3]
        told.step(60_000 + number * 4_000, "regenerate", f"regenerate TVS on {node}", outcome)
    for wave in range(30):
        told.group_reset(200_000 + wave * 900_000, wave + 1, f"CallManager of {node}")
        for phone in range(39):
            start_ms = 200_000 + wave * 900_000 + phone * 20
            told.cycle(phone, start_ms, start_ms + 80_000 + phone * 500, wave + 1)
    told.phone(29_000_000, 39, Event.RESET_RECEIVED, 30)
    return told


@pytest.mark.parametrize("case", ["storm", "outage", "crowded", "nothing", "nobody"])
def test_no_words_leave_the_page_or_cover_each_other(draw, made_up, storm_tables, case):
    """However long the question and the names, texts stay on the page and apart."""
    tables = {
        "storm": lambda: storm_tables,
        "outage": lambda: outage(made_up).tables(),
        "crowded": lambda: crowded(made_up).tables(),
        "nothing": lambda: made_up.Script([State.OFF] * 3).tables(),
        "nobody": lambda: made_up.Script([]).tables(),
    }[case]()
    figure = draw(tables, Caption("How long does it all take? " * 12, "model x"))
    found = on_the_page(figure)
    width, height = figure.bbox.width, figure.bbox.height
    for text, box in found:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text
    for (one, box), (other, second) in combinations(found, 2):
        assert not box.overlaps(second), (one, other)


def test_equal_runs_give_equal_bytes(draw, storm_tables, tmp_path):
    """PNG and SVG come out the same twice, without date or release of matplotlib in them."""
    first = write_figure(draw(storm_tables), tmp_path / "a")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": None}):
        second = write_figure(draw(storm_tables), tmp_path / "b")
    assert [path.name for path in first] == ["a.png", "a.svg"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    for path in first:
        assert b"atplotlib v" not in path.read_bytes()
        assert b"dc:date" not in path.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg", "b.png", "b.svg"]


def test_a_dollar_is_a_dollar(draw, made_up):
    """Names and questions are no formulas."""
    told = made_up.Script([State.OFF])
    told.step(1_000, "power", "power $on$ \\frac{1}{")
    figure = draw(told.tables(), Caption("Does it cost $5 or $6?", "model $x$"))
    assert figure_bytes(figure, "svg")
    assert figure_bytes(figure, "png")


def test_a_figure_that_cannot_be_written_leaves_nothing(draw, made_up, tmp_path):
    """A write that fails leaves neither the figure nor a part of it."""
    (tmp_path / "a.png").mkdir()
    figure = draw(made_up.Script([]).tables())
    with pytest.raises(OSError, match=r"a\.png"):
        write_figure(figure, tmp_path / "a", ["png"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_drawing_touches_no_global_state(draw, made_up):
    """Neither pyplot nor the settings of the caller are touched."""
    before = dict(mpl.rcParams)
    draw(made_up.Script([]).tables())
    assert dict(mpl.rcParams) == before
    code = "import sys, twin.report.storm_figure; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
