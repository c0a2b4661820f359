"""The phone population: life cycle, trust decision, storm engine.

Knows: what a phone does and holds. Must not know: nodes' insides (it asks file servers, TVS and
registrars through `twin.phones.ports`), operators, experiments.
"""
