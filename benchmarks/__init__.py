"""Benchmarks: the cost of the project, compared with the usual way of doing the same.

``python -m benchmarks`` runs everything and writes ``benchmarks/results/latest.json``;
``python -m benchmarks.report`` puts the figures into ``docs/performance.md``.
"""
