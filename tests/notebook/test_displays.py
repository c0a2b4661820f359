"""What a notebook shows of the twin's objects, through IPython's own formatter."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import twin
from twin.notebook.displays import VIEWS, register
from twin.notebook.planner import plan
from twin.notebook.view import ROWS_MOST, Text, View
from twin.pki import trust_list


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    """An IPython shell of its own that knows the twin's objects."""
    made = InteractiveShell.instance()
    register(made)
    yield made
    InteractiveShell.clear_instance()


@pytest.fixture(scope="module")
def lab() -> twin.Twin:
    """A cluster on which all phones are stuck."""
    lab = twin.Twin("single-node-250", release="8.6")
    lab.regenerate("pub", "CallManager")
    lab.regenerate("pub", "TVS")
    lab.wait("quiet")
    return lab


def shown(shell: InteractiveShell, thing: Any) -> dict[str, Any]:
    """What a cell that ends with `thing` puts out."""
    formatter = shell.display_formatter
    assert formatter is not None
    bundle, _ = formatter.format(thing)
    return dict(bundle)


class Tags(HTMLParser):
    """Reads HTML, and notes what is open and what is in it."""

    VOID = ("img", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def things(lab: twin.Twin) -> dict[str, Any]:
    """One object of each kind that is shown."""
    sweep = twin.sweep(
        "callmanager-regeneration", vary={"model.release": ["11.5", "12.5"]}, replicates=3,
        workers=0,
    )  # fmt: skip
    made = {
        "run": twin.run("callmanager-regeneration"),
        "sweep": sweep,
        "comparison": twin.compare((sweep, 0), (sweep, 1), metric="outage_phone_minutes"),
        "window": twin.window("callmanager-regeneration", replicates=3, workers=0, limit="10m"),
        "trust": twin.trust("mra-lab", if_regenerated=["cucm-sub:CallManager"]),
        "certificate": lab.certificate("pub", "CallManager"),
        "list": trust_list.decode(lab.file("pub", "ITLFile.tlv")),
        "phone": lab.phone(lab.cluster.population.names[0]),
        "twin": lab,
        "outcome": lab.do({"advance": {"for": "1s"}}),
        "plan": plan(phones=20),
        "verdict": import_module("twin.notebook.checks").check("1.2", 3),
    }
    return made


def test_every_kind_of_object_is_shown_as_html_and_as_words(
    shell: InteractiveShell, lab: twin.Twin
) -> None:
    """Each type of the table has a view; its HTML is well formed and small, its text readable."""
    made = things(lab)
    kinds = {f"{type(one).__module__}.{type(one).__qualname__}" for one in made.values()}
    assert kinds == VIEWS.keys()
    for name, one in made.items():
        bundle = shown(shell, one)
        page = Tags(bundle["text/html"])
        assert page.open == [], name
        without_picture = bundle["text/html"].split("base64,")[0]
        assert len(without_picture) < 20_000, name
        assert 3 < len(bundle["text/plain"]) < 4_000, name
        for tag, attributes in page.seen:
            style = attributes.get("style") or ""
            assert tag not in ("script", "style", "link"), name
            # Light and dark pages alike: only the page's own colours, and transparent grey.
            assert not re.search(r"(?:color|background):(?!inherit|transparent)", style), name
            if tag == "img":
                assert attributes["alt"], name


def test_pictures_come_with_results(shell: InteractiveShell) -> None:
    """A run has its figure in the HTML, and as a PNG for those who show no HTML; drawn once."""
    bundle = shown(shell, twin.run("callmanager-regeneration"))
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert "data:image/png;base64," in bundle["text/html"]


def test_what_is_bad_is_said_in_words(shell: InteractiveShell, lab: twin.Twin) -> None:
    """A stuck phone says that it is, why, and what helps; no colour is needed to see it."""
    bundle = shown(shell, lab.phone(lab.cluster.population.names[0]))
    words = Tags(bundle["text/html"]).words
    assert "Stuck: signer not in lists, TVS certificate not in ITL" in words
    assert "delete the ITL on the phone" in words
    assert "rejected" in words
    assert "<b>rejected</b>" in bundle["text/html"]


def test_names_are_text_and_never_markup() -> None:
    """Whatever an object is called, it is escaped: in cells, captions, titles and pictures."""
    evil = "<script>alert(1)</script>&\"'"
    view = View(evil, evil, b"x", evil)
    view.say(evil)
    view.table(evil, (evil,), [(evil,), (Text(evil, bad=True, code=True),)])
    page = Tags(view.html())
    assert "script" not in {tag for tag, _ in page.seen}
    assert page.words.count(evil) == 7
    assert page.open == []


def test_a_long_table_is_cut_and_counted() -> None:
    """A table shows its first rows and says how many there are more."""
    view = View("many")
    view.table("", ("n",), [(number,) for number in range(ROWS_MOST + 1_234)])
    assert view.html().count("<tr>") == ROWS_MOST + 1
    assert "and 1,234 more" in view.html()
    assert "and 1,234 more" in view.plain()


def test_numbers_are_flush_right_and_grouped() -> None:
    """A number of phones reads as one."""
    view = View("numbers")
    view.table("", ("phones",), [(12_345,), (0.123456,), (True,)])
    assert "text-align:right" in view.html()
    assert "12,345" in view.html()
    assert "0.1235" in view.html()
    assert "yes" in view.html()


def test_a_figure_shows_itself(shell: InteractiveShell) -> None:
    """`result.plot()` at the end of a cell is a picture, not the name of one."""
    figure = twin.run("callmanager-regeneration").plot()
    assert shown(shell, figure)["image/png"].startswith(b"\x89PNG")


CODE = """
import sys, IPython
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("import twin")
print(sorted({"numpy", "pandas", "matplotlib", "pydantic", "cryptography"} & set(sys.modules)))
shell.run_cell("lab = twin.Twin('seed-lab')")
bundle, _ = shell.display_formatter.format(shell.user_ns["lab"].certificate("pub", "TVS"))
print("text/html" in bundle)
"""


def test_importing_the_twin_in_ipython_is_enough_and_cheap() -> None:
    """`import twin` in a notebook registers all displays and loads nothing heavy for it."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "True"]


def test_importing_the_twin_elsewhere_loads_no_ipython() -> None:
    """Outside IPython the notebook's room stays shut."""
    code = "import sys, twin; print('IPython' in sys.modules, 'twin.notebook' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_a_program_that_merely_loads_ipython_is_left_alone() -> None:
    """IPython may be imported without a shell; then there is nothing to register with."""
    code = "import IPython, twin; print(twin.Twin is not None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_the_extension_can_be_loaded_by_hand(shell: InteractiveShell) -> None:
    """`%load_ext twin.notebook` does the same as the import."""
    assert shell.extension_manager is not None
    assert shell.extension_manager.load_extension("twin.notebook") is None
