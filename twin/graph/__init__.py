"""The trust graph: who shows what to whom, who trusts what, and what a change would do.

Looks at a live cluster and changes nothing in it.
"""
