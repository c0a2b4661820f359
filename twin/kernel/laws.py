"""From a documented parameter to a law to draw from.

Knows: `Parameter` of the timing profile. Must not know which parameter is used for what.
"""

from __future__ import annotations

from twin.config.timing import Parameter
from twin.kernel.streams import Law


def law(parameter: Parameter, scale: float = 1.0) -> Law:
    """The parameter's distribution in units `scale` times smaller (1000: seconds to ms)."""
    low, high = parameter.interval
    return Law(
        kind=str(parameter.distribution),
        centre=parameter.value * scale,
        low=low * scale,
        high=high * scale,
        sigma=parameter.sigma or 0.0,
    )
