"""Charts over frames: each kind once, whatever it shows."""

from segmentation.report.charts.band_charts import bands
from segmentation.report.charts.bar_charts import BarColumns, bars, grouped_bars, intervals
from segmentation.report.charts.distribution_charts import boxes, histogram
from segmentation.report.charts.flow_charts import FlowEnd, alluvial
from segmentation.report.charts.line_charts import calibration, curve, lines
from segmentation.report.charts.map_charts import heat_map, point_map

__all__ = [
    "BarColumns",
    "FlowEnd",
    "alluvial",
    "bands",
    "bars",
    "boxes",
    "calibration",
    "curve",
    "grouped_bars",
    "heat_map",
    "histogram",
    "intervals",
    "lines",
    "point_map",
]
