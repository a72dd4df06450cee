"""Erases a customer from what this project stored, and keeps them out of the next builds."""
