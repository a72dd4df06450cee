"""The tables of fitted models: which row is current, and whether it is what was stored."""
