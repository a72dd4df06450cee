"""One page about the segments, for people who read no SQL: cards, charts, and their numbers."""
