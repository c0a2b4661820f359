"""What each action of an experiment does to a cluster, a family of words per module.

A module here offers `DEEDS`: its words, each with the process that carries it out and the few words
a report says it in. `twin.cluster.operator` joins them.
"""
