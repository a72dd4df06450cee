"""Fills the history of segments of past days, with the models of today."""
