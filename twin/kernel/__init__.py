"""The kernel: simulated time, chance, queues, the network and the journal.

Knows: milliseconds, integers, queues, paths between sites. Must not know: certificates, roles,
phones' trust, or what any node does with the time it is given. The only room that imports simpy.
"""
