"""The nodes: one file per service or role of a CUCM server.

Knows: what a service does when told of a certificate, a row, a request. Must not know: phones'
insides, SimPy, operators. Time, chance and the journal come through `twin.nodes.host.Host`.
"""
