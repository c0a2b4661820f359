"""The cluster: config + keys + nodes + phones wired into a runnable twin, and its operator.

Knows: everything below it. Must not know metrics, sweeps or reports: what happens is in the
journal.
"""
