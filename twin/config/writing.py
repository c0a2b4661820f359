"""Documents written as YAML that this room reads back.

Knows: plain data (mappings, lists, words, numbers). Must not know any schema.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

_WIDTH = 100


def yaml_text(data: Mapping[str, Any]) -> str:
    """Plain data as a YAML document, keys in their order; text that looks otherwise is quoted."""
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.width = _WIDTH
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    writer.dump(dict(data), stream)
    return stream.getvalue()
