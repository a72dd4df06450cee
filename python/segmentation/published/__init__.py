"""What readers of a built warehouse need: where the marts are, and scoring by their macros."""
