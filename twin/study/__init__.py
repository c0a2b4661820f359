"""Studies: whole runs of experiments.

Knows: how a run is made from documents and what it leaves behind. Must not know figures.
"""
