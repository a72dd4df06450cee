"""For readers: publishes the marts to a file of their own, finds them, and scores people."""
