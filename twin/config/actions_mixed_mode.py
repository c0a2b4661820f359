"""The operator actions about the CTL and the cluster security mode, one class per word.

What an action does is for `twin.cluster.acts.mixed_mode`. The commands run on the publisher; `node`
is there to name that of a second cluster, or to try them elsewhere and be refused.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.config.actions import NodeName
from twin.config.fields import Document
from twin.config.words import ClusterMode


class SetClusterMode(Document):
    """`utils ctl set-cluster mixed-mode` or `non-secure-mode`."""

    mode: ClusterMode = Field(description="mixed or non_secure")
    node: NodeName = Field(default="pub", description="Node whose command line is used")


class CtlUpdate(Document):
    """A new CTL from the certificates of today: `utils ctl update CTLFile`, or the CTL client."""

    signed_by: Literal["tokenless", "tokens"] = Field(
        default="tokenless",
        description="tokenless: the command line; tokens: the CTL client with two eTokens",
    )
    node: NodeName = Field(default="pub", description="Node whose command line is used")


class CtlReset(Document):
    """`utils ctl reset localkey`: the CTL signed with the key that normally does not."""

    node: NodeName = Field(default="pub", description="Node whose command line is used")


class CtlDelete(Document):
    """`file delete tftp CTLFile.tlv` on every node that serves files."""

    node: NodeName = Field(default="pub", description="Any node of the cluster it is done in")


class UploadCtlTokens(Document):
    """Upload the certificates of both eTokens to Phone-SAST-trust."""

    node: NodeName = Field(default="pub", description="Any node of the cluster it is done in")
