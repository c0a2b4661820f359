"""Models of phone that cannot use a long CallManager key.

Knows: the catalogue's limit of each model, the lists a phone holds. Must not know what follows.
"""

from __future__ import annotations

from twin.phones.core import EngineCore


class KeyLimits:
    """Whether a phone can use the CallManager key in its list."""

    def __init__(self, core: EngineCore) -> None:
        self._core = core
        self.any = any(group.largest_rsa_bits is not None for group in core.population.groups)
        """Whether any model of phone here has a limit."""

    def is_exceeded(self, phone: int) -> bool:
        """Whether the phone's model cannot use the CallManager key in its own list.

        Source: Security Guide for CUCM 15: some models do not register when that key is longer than
        2048 bits. Assumption: they look at the record in their list; one without a list registers.
        """
        limit = self._core.population.group(phone).largest_rsa_bits
        if limit is None:
            return False
        holdings = self._core.population.holdings[phone]
        return self._core.judgements.longest_callmanager_key(holdings) > limit
