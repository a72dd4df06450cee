"""``python -m segmentation`` is the command ``segmentation``."""

from segmentation.cli.app import app

app()
