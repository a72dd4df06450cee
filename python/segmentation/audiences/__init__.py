"""Customers of a segment as a file for a campaign, with a holdout that stays the same."""
