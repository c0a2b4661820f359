"""Captures: the bytes of a handshake as the packets that would have carried them.

Must not know the twin that spoke them.
"""
