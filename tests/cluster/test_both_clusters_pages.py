from __future__ import annotations

from twin.cluster.twin import Twin


def test_phones_may_open_a_page_of_the_other_cluster() -> None:
    """A node of the second cluster has a Tomcat too; phones do not trust what their TVS has not."""
    twin = Twin("two-clusters-300")
    assert twin.do({"https_request": {"node": "new-pub"}}).outcome == "done"
    assert twin.wait("quiet").outcome == "done"


def test_half_hours_without_a_change_cost_nothing() -> None:
    """After certCN has found nothing to do it looks again only when there is something new."""
    twin = Twin("single-node-250")
    (node,) = twin.cluster.nodes.values()
    twin.advance("2h")
    looked = node.certcn._at_rest
    assert looked is not None
    twin.advance("2h")
    assert node.certcn._at_rest is looked
    twin.do({"regenerate": {"node": "pub", "unit": "tomcat"}})
    twin.advance("2h")
    assert node.certcn._at_rest != looked


def test_what_is_gone_from_the_file_system_alone_is_brought_again() -> None:
    """A trust store that lost a certificate behind certCN's back has it again after a resync."""
    twin = Twin("single-node-250")
    (node,) = twin.cluster.nodes.values()
    twin.advance("2h")
    (entry, *_) = node.files.store("tomcat-trust").entries()
    node.files.store("tomcat-trust").remove(entry.file_name)
    twin.advance("1h")
    assert entry.certificate in node.files.store("tomcat-trust")
