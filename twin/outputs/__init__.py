"""The text that the product's commands print, written and read: no node, no clock."""
