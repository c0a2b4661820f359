"""Metrics: what a finished journal says in numbers.

Knows: journal rows, the phones table, life cycle and trust words. Must not know: live nodes or
phones, certificates' bytes, documents, figures. The only room that imports pandas and pyarrow, and
each only inside the function that needs it: importing this room costs numpy and nothing more.
"""
