"""Makes the pictures of README from what was built: three screenshots of the page, and the lineage.

``make pictures`` calls it after a build of the default data set. It needs Chromium; the variable
SEGMENTATION_CHROMIUM names another than the one on the path.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
IMAGES = HERE / "images"
# So large a file at most, in bytes.
LARGEST = 200_000
# Name, width and height of the window, colour scheme, and the part of the page at its top.
SCREENSHOTS = (
    ("report_segments", 1280, 900, "light", ""),
    ("report_charts", 1280, 900, "light", "sizes"),
    ("report_phone", 360, 760, "dark", "behaviour"),
)
# The layers of the models, from left to right; the rooms of one stand one above the other.
LAYERS = (("sources", "seeds"), ("staging",), ("intermediate",), ("segmentation",), ("marts",))


def screenshots(page: Path) -> list[Path]:
    """Take the screenshots of a page in headless Chromium, and return their files."""
    chromium = os.environ.get("SEGMENTATION_CHROMIUM") or shutil.which("chromium")
    made = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, width, height, scheme, part in SCREENSHOTS:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                # No scrolling that is still under way.
                reduced_motion="reduce",
            )
            shown = context.new_page()
            shown.goto(page.resolve().as_uri() + (f"#{part}" if part else ""))
            shown.wait_for_timeout(500)
            made.append(IMAGES / f"{name}.png")
            shown.screenshot(path=made[-1])
        browser.close()
    return made


def lineage(manifest: dict[str, Any]) -> Path:
    """Draw which rooms of models read from which, and return the file.

    Parameters
    ----------
    manifest : dict
        dbt's manifest.json.
    """
    rooms = {
        unique_id: room
        for kind in ("nodes", "sources")
        for unique_id, node in manifest[kind].items()
        if (room := _room(node))
    }
    columns = [
        sorted(room for room in set(rooms.values()) if room.split("/")[0] in layers)
        for layers in LAYERS
    ]
    highest = max(map(len, columns)) / 2
    arrows = Counter(
        (rooms[parent], rooms[child])
        for child, room in rooms.items()
        for parent in manifest["parent_map"].get(child, [])
        if parent in rooms and rooms[parent] != room
    )
    counts = Counter(rooms.values())
    places = {
        room: (float(column), (len(of) - 1) / 2 - float(row))
        for column, of in enumerate(columns)
        for row, room in enumerate(of)
    }
    boxes = pd.DataFrame(
        [{"x": x, "y": y, "text": _text(room, counts[room])} for room, (x, y) in places.items()]
    )
    lines = pd.DataFrame(
        [
            {
                "x": places[start][0] + 0.38,
                "y": places[start][1],
                "x2": places[end][0] - 0.38,
                "y2": places[end][1],
                "n": n,
            }
            for (start, end), n in sorted(arrows.items())
            if places[start][0] < places[end][0]
        ]
    )
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.5, len(columns) - 0.5]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-highest, highest]))
    drawing = alt.layer(
        alt.Chart(lines)
        .mark_rule(color="#8a8d96", opacity=0.6)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", strokeWidth=alt.StrokeWidth("n:Q", legend=None)),
        alt.Chart(boxes)
        .mark_rect(color="#eaf2fa", stroke="#0b5fa5", cornerRadius=4)
        .transform_calculate(
            left="datum.x - 0.38", right="datum.x + 0.38", low="datum.y - 0.3", high="datum.y + 0.3"
        )
        .encode(
            x=alt.X("left:Q", axis=None), x2="right:Q", y=alt.Y("low:Q", axis=None), y2="high:Q"
        ),
        alt.Chart(boxes)
        .mark_text(lineBreak="\n", fontSize=11, color="#1c1d22", lineHeight=14, dy=-6)
        .encode(x=x, y=y, text="text:N"),
    ).properties(width=900, height=140 * highest)
    spec = drawing.to_dict()
    spec["config"] = {"background": "white", "view": {"stroke": None}}
    file = IMAGES / "lineage.svg"
    file.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
    return file


def _room(node: dict[str, Any]) -> str | None:
    if node["resource_type"] in ("source", "seed"):
        return f"{node['resource_type']}s"
    if node["resource_type"] != "model" or not node["config"]["enabled"]:
        return None
    folders = Path(node["original_file_path"]).parts[1:-1]
    return "staging" if folders[0] == "staging" else "/".join(folders[:2])


def _text(room: str, count: int) -> str:
    layer, _, part = room.partition("/")
    what = {"sources": "table", "seeds": "file"}.get(room, "model")
    counted = f"{count} {what}{'s' if count > 1 else ''}"
    return f"{layer}\n{f'{part}: ' if part else ''}{counted}"


def main() -> None:
    """Make all pictures; an argument names another page than report/segments.html."""
    page = Path(sys.argv[1] if len(sys.argv) > 1 else "report/segments.html")
    if not page.is_file():
        raise SystemExit(f"There is no page {page}. Make it with make build and make report.")
    target = Path(os.environ.get("DBT_TARGET_PATH", "target"))
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    IMAGES.mkdir(exist_ok=True)
    for file in [*screenshots(page), lineage(manifest)]:
        size = file.stat().st_size
        if size > LARGEST:
            raise SystemExit(f"{file} has {size:,} bytes; {LARGEST:,} are allowed.")
        print(f"{file.relative_to(HERE.parent)}: {size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()
