"""Reports: figures and tables for people.

Knows: metrics' tables and curves, and how to draw them. Must not know: live nodes or phones, how a
number came about. The only room that imports matplotlib and rich.
"""
