"""For readers of a built warehouse: finds the marts, and scores people with their macros."""
