"""The table of fits, and when another fit is needed."""
