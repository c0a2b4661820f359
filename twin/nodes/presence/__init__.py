"""IM and Presence: its nodes, what their services load, intercluster sync, federation."""
