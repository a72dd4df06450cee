"""What becomes of a segmentation over time: how far today's customers are from those of its fit."""
