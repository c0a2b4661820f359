"""The table of commands: help, completion, errors, and that no line breaks the shell."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twin.config.steps import ACTIONS
from twin.console import Shell, Status, open_shell
from twin.console.commands import GRAMMAR
from twin.console.grammar import Argument, Command, Grammar
from twin.console.session import Session

PRODUCT = (
    "show cert list own", "show cert list trust", "show cert own", "show cert trust",
    "set cert regen", "set cert import own", "set cert import trust", "set cert delete",
    "show csr list own", "show csr own", "set csr gen", "show itl", "show ctl",
    "utils itl reset localkey", "utils itl reset remotekey", "utils ctl set-cluster mixed-mode",
    "utils ctl set-cluster non-secure-mode", "utils ctl update CTLFile",
    "utils ctl reset localkey", "utils service list", "utils service start",
    "utils service stop", "utils service restart", "file list activelog", "file get activelog",
    "file tail activelog", "file search activelog", "file list tftp", "file get tftp",
    "file delete tftp", "utils dbreplication runtimestate", "utils dbreplication status",
    "run sql",
)  # fmt: skip


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A shell at the seed's lab that no test changes."""
    return open_shell("seed-lab", folder=tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("name", PRODUCT)
def test_the_products_commands_are_in_the_table(name: str) -> None:
    """Each with a help line, and not among the twin's own words."""
    command = next(one for one in GRAMMAR.commands if one.name == name)
    assert command.help
    assert not command.is_of_twin


def test_an_unfinished_command_lists_what_begins_so_as_in_the_seed(shell: Shell) -> None:
    """`utils itl reset` prints its two forms, indented, as the seed's screen does."""
    reply = shell.carry_out("utils itl reset")
    words = [line.split("  ")[3] for line in reply.text.splitlines()]
    assert words == ["utils itl reset localkey", "utils itl reset remotekey"]


@pytest.mark.parametrize("line", ["set cert ?", "help set cert", "set cert"])
def test_help_for_some_words_is_the_rows_that_begin_so(shell: Shell, line: str) -> None:
    """Whichever way it is asked for."""
    lines = shell.carry_out(line).text.splitlines()
    assert [line.split()[2] for line in lines] == ["delete", "import", "import", "regen"]


def test_help_of_one_command_explains_its_arguments(shell: Shell) -> None:
    """One row, then a row for each argument."""
    assert shell.carry_out("help set cert delete").text == (
        "      set cert delete UNIT NAME  delete a trust certificate\n"
        "        UNIT  trust store\n"
        "        NAME  its file, NAME.pem"
    )


def test_help_lists_every_command_once(shell: Shell) -> None:
    """The product's first, then the twin's own."""
    text = shell.carry_out("help").text
    for command in GRAMMAR.commands:
        assert text.count(f"      {command.usage}  ") == 1, command.name
    assert text.index("The product's:") < text.index("show itl") < text.index("The twin's:")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("shwo cert list own", "command: unknown word 'shwo', expected a command; 'help' lists "
         "them; did you mean 'show'?"),
        ("show cret", "show: unknown word 'cret', expected one of cert, csr, ctl, date, itl, "
         "network, status, timezone, version; did you mean 'cert'?"),
        ("set cert regen", "set cert regen: no UNIT, expected UNIT: own certificate, one of "
         "tomcat, ipsec, CallManager, CAPF, TVS, ITLRecovery."),
        ("set cert regen Callmanger", "set cert regen: 'Callmanger' is no UNIT here, expected one "
         "of tomcat, ipsec, CallManager, CAPF, TVS, ITLRecovery; did you mean 'CallManager'?"),
        ("show itl now", "show itl: 'now' too much, expected 'show itl'."),
        ("why SEP885A92D977CB", "SEP885A92D977CB: no phone of the model; did you mean "
         "'SEP885A92D977CA'?"),
        ("utils service restart Cisco Tfpt", "utils service restart: 'Cisco Tfpt' is no NAME here"),
        ("login labserver3", "login: 'labserver3' is no NODE here, expected one of labserver1, "
         "labserver2, pub, sub1, tftp1; did you mean 'labserver2'?"),
        ("advance 10", "step.advance.for: the number '10' has no unit"),
        ("advance until regsitered", "advance until: 'regsitered' is nothing to wait for"),
        ("phones sit=lab", "phones: sit: unknown field 'sit'; did you mean 'site'?"),
        ("phones lab", "phones: 'lab', expected FIELD=VALUE"),
        ("do {regenrate: {node: pub}}", "did you mean 'regenerate'?"),
        ("do regenrate", "did you mean 'regenerate'?"),
        ("do {regenerate: {node: pub", "not valid YAML"),
        ("do {regenerate: {node: pub, unit: CallManger}}", "did you mean 'CallManager'?"),
        ("show cert own CallManger", "did you mean"),
        ("set cert import trust tomcat-trust nothing.pem", "'nothing.pem' cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line_with_the_nearest_word(
    shell: Shell, line: str, told: str
) -> None:
    """Place, what was found, what was expected; and nothing has happened."""
    reply = shell.carry_out(line)
    assert told in reply.text
    assert reply.status is Status.WRONG
    assert len(reply.text.splitlines()) == 1
    assert shell.session.record == ()


@pytest.mark.parametrize(
    ("before", "choices"),
    [
        ("sh", ["show"]),
        ("show cert ", ["list", "own", "trust"]),
        ("show cert o", ["own"]),
        ("set cert regen ", ["tomcat", "ipsec", "CallManager", "CAPF", "TVS", "ITLRecovery"]),
        ("set cert regen call", ["CallManager"]),
        ("show cert own t", ["tomcat/tomcat.pem", "TVS/TVS.pem"]),
        ("set cert delete ipsec-trust labserver1",
         ["labserver1.vasank.com.pem"]),
        ("utils service restart Cisco T", ["Tftp", "Tomcat", "Trust Verification Service"]),
        ("why SEPB", ["SEPB83861583B73"]),
        ("login p", ["pub"]),
        ("phones stu", ["stuck"]),
        ("phones site=lab model=", []),
        ("switch ", ["main"]),
        ("nothing such ", []),
    ],
)  # fmt: skip
def test_completion_offers_words_and_values(shell: Shell, before: str, choices: list[str]) -> None:
    """The next words of commands, and the values an argument may have now."""
    assert GRAMMAR.completions(before, shell) == choices


def test_completion_of_a_step_offers_every_word_of_an_experiment(shell: Shell) -> None:
    """`do {` goes on with the words there are."""
    assert len(GRAMMAR.completions("do {", shell)) == len(ACTIONS)


def test_capitals_do_not_matter_and_blanks_neither(shell: Shell) -> None:
    """A line is its words."""
    assert shell.carry_out("  SHOW\tcert  LIST own ").text == shell.carry_out(
        "show cert list own"
    ).text  # fmt: skip


@pytest.mark.parametrize("line", ["", "   ", "# a remark"])
def test_an_empty_line_and_a_remark_do_nothing(shell: Shell, line: str) -> None:
    """So that scripts can be read."""
    assert shell.carry_out(line) == type(shell.carry_out(line))()


def test_a_table_has_each_command_once() -> None:
    """Two rows of the same words are a fault of ours."""
    row = Command(("show",), "help", lambda _shell, _given: "")
    with pytest.raises(ValueError, match="the same words"):
        Grammar([row, row])


def test_optional_arguments_come_last_and_the_rest_takes_all() -> None:
    """No argument could be told from the next otherwise."""
    for command in GRAMMAR.commands:
        kinds = [(one.is_optional, one.takes_rest) for one in command.arguments]
        assert kinds == sorted(kinds, key=lambda kind: kind[0]), command.name
        assert not any(rest for _, rest in kinds[:-1]), command.name
        assert all(isinstance(one, Argument) for one in command.arguments)


WORDS = sorted({word for one in GRAMMAR.commands for word in one.words} - {"exit", "quit"})
LINES = st.lists(
    st.sampled_from(WORDS) | st.sampled_from(["pub", "TVS", "*", "{", "}", "SEP885A92D977CA", "1s"])
    | st.text(max_size=8), max_size=7,
).map(" ".join)  # fmt: skip


@given(LINES | st.text(max_size=40))
@example("advance " + "9" * 400 + "h")
@example("do " + "[" * 500)
@example("phones {site: [[]]}")
@example("phones node=nowhere")
@example("file search activelog * (((((")
@example("save /proc/nothing/x.yaml")
@example("run sql select \ud800")
@example("show cert own \x00")
@settings(max_examples=300)
def test_no_line_breaks_the_shell_or_shows_a_key(shell: Shell, line: str) -> None:
    """Whatever is typed: a reply, no fault of ours, no traceback, no private key."""
    unharmed(shell, line)


@given(st.data())
@settings(max_examples=300)
def test_no_command_with_any_arguments_breaks_the_shell(shell: Shell, data) -> None:
    """Every command with what its arguments may be now, or with anything else."""
    commands = [one for one in GRAMMAR.commands if one.name not in ("exit", "quit", "save")]
    command = data.draw(st.sampled_from(commands))
    words = list(command.words)
    for argument in command.arguments:
        values = list(argument.values(shell))
        known = st.sampled_from(values) if values else st.nothing()
        words.append(data.draw(known | st.text(max_size=12)))
    unharmed(shell, " ".join(words))


def unharmed(shell, line):
    """Say a line, look at the reply, and put the shell back to where it was."""
    reply = shell.carry_out(line)
    assert reply.status is not Status.BROKEN, reply.text
    assert "Traceback" not in reply.text
    assert "PRIVATE KEY" not in reply.text
    if shell.session.record or len(shell.session.branches) > 1:
        shell.session = Session(shell.session.origin)
    shell.node_name = "labserver1"
