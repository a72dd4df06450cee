"""Scores people without the warehouse, by the numbers of the current models."""
