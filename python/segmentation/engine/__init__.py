"""The engine that holds the data: what it can do, how it spells SQL, how many threads work."""
