"""``python -m segmentation`` is the command ``segmentation``."""

from segmentation.command_line import app

app()
