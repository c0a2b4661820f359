"""The device table as CallManager sees it: implements `twin.nodes.callmanager.Devices`."""

from __future__ import annotations

from twin.cluster.settings import ClusterSettings
from twin.config.model import ModelConfig
from twin.phones.engine import StormEngine


class DeviceTable:
    """Phones by CallManager Group, and the rows of the device table that are no phones."""

    def __init__(self, model: ModelConfig, settings: ClusterSettings) -> None:
        self._model = model
        self._settings = settings
        self._engine: StormEngine | None = None

    def attach(self, engine: StormEngine) -> None:
        """Give it the phones, which are built later."""
        self._engine = engine

    def templates(self, callmanager: str) -> list[dict[str, str | int]]:
        """Rows that are no phones whose group contains a node."""
        streams = self._settings.streams
        return [
            {
                "pkid": template.pkid or streams.uuid("template", template.name),
                "name": template.name,
                "tkmodel": template.tkmodel,
            }
            for template in sorted(self._model.device_templates, key=lambda row: row.name)
            if callmanager in self._model.group(template.callmanager_group).members
        ]

    def related(self, callmanager: str) -> int:
        """How many phones' groups contain a node."""
        return len(self._related(callmanager))

    def reset(self, sender: str, callmanager: str, wave: int) -> int:
        """Reset the related phones registered with `sender`."""
        engine = self._phones()
        core = engine.core
        index = self._settings.nodes[sender].index
        registered = engine.registered_with(index)
        related = set(self._related(callmanager))
        phones = [phone for phone in registered if phone in related]
        port = core.ports.registrars[index]
        pace = core.timing.reset_pace_per_ccm_per_s.value
        engine.send_notices(core.simulation.now_ms, phones, port, pace, wave)
        return len(phones)

    def _related(self, callmanager: str) -> list[int]:
        return self._phones().related(self._settings.nodes[callmanager].index)

    def _phones(self) -> StormEngine:
        assert self._engine is not None
        return self._engine
