"""Starting what is starting already: the second start waits for the first."""

from __future__ import annotations

from twin.cluster.twin import Twin


def test_starting_a_service_that_is_starting_ends_with_it() -> None:
    """TVS restarts itself after its regeneration; a start by hand then ends when it is ready."""
    lab = Twin("seed-lab", release="12.5")
    lab.regenerate("pub", "TVS")
    lab.advance("3s")
    before_ms = lab.now_ms
    assert lab.do({"start_service": {"node": "pub", "service": "TVS"}}).outcome == "done"
    assert lab.cluster.nodes["labserver1"].services["TVS"].is_started
    assert 0 < lab.now_ms - before_ms < 30_000
