"""What was taken from a real cluster becomes a model; what nothing tells becomes a default."""
