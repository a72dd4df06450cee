"""The sections of the page, each from the marts that it shows."""
