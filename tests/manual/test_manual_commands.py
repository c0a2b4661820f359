"""Every command of the manual is run, and what it shows is what this version prints.

To renew what the pages show: python -m pytest tests/manual --refresh-readme
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.manual.pages import GAP, File, Script, play, steps

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(
    page.relative_to(DOCS).as_posix()
    for page in DOCS.rglob("*.md")
    if any(True for _ in steps(page.read_text(encoding="utf-8")))
)


@pytest.mark.parametrize("name", ["../README.md", *PAGES])
def test_a_page_of_the_manual_shows_what_its_commands_print(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Whoever types what the page says, in its order, sees what the page shows."""
    page = DOCS / name
    text = page.read_text(encoding="utf-8")
    played = list(play(text, tmp_path))
    if request.config.getoption("--refresh-readme"):
        for command, output in reversed(played):
            if command.shown.strip() and not command.agrees(output):
                assert GAP not in command.shown, f"renew by hand: {command.line}"
                start, end = command.span
                text = text[:start] + output + text[end:]
        page.write_text(text, encoding="utf-8")
        return
    for command, output in played:
        assert command.agrees(output), f"{command.line} prints:\n{output}"


def test_the_harness_sees_a_difference(tmp_path: Path) -> None:
    """A wrong output, a wrong status and a failing script do not pass."""
    wrong = "```console\n$ twin models --help\nUsage: something else\n```\n"
    ((command, output),) = play(wrong, tmp_path)
    assert not command.agrees(output)
    gap = "```console\n$ twin models --help\nUsage: twin models [OPTIONS]\n[...]\n```\n"
    ((command, output),) = play(gap, tmp_path)
    assert command.agrees(output)
    with pytest.raises(AssertionError, match="no-such-file"):
        list(play("```console\n$ twin check no-such-file.yaml\n```\n", tmp_path))
    list(play("```console\n$ twin check no-such-file.yaml  # exit status 2\n```\n", tmp_path))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        list(play("```python\n1 / 0\n```\n", tmp_path))


def test_a_page_has_files_and_scripts_too(tmp_path: Path) -> None:
    """A titled block is a file of that name, and stays inside the folder."""
    page = '```yaml title="a/b.yaml"\nx: 1\n```\n```python\nprint(1)\n```\n'
    assert list(steps(page)) == [File("a/b.yaml", "x: 1\n"), Script("print(1)\n")]
    list(play(page, tmp_path))
    assert (tmp_path / "a" / "b.yaml").read_text() == "x: 1\n"
    with pytest.raises(AssertionError, match="outside"):
        list(play('```yaml title="../outside.yaml"\nx: 1\n```\n', tmp_path))
