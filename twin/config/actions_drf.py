"""Actions of the Disaster Recovery System."""

from __future__ import annotations

from twin.config.fields import Document


class Backup(Document):
    """Back up the cluster, node by node, from the publisher."""
