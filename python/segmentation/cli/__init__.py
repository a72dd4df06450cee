"""The command ``segmentation``."""
