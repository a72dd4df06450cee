"""Prototypes as SQL: the nearest one of each row, in the engine."""
