#!/usr/bin/env python3
"""Computes the shale volume of every log with a gamma ray, and appends each as a derived run.

    python shale_volume.py [--directory DIR] [--workspace NAME] [--clean GAPI --shale GAPI]

Gamma ray index: IGR = (GR - clean) / (shale - clean), bounded to 0 … 1.
Shale volume, Larionov's equation for Tertiary rocks: Vsh = 0.083 * (2 ** (3.7 * IGR) - 1).
Source: V. V. Larionov, Borehole Radiometry (Nedra, Moscow, 1969); as in G. Asquith and D. Krygowski, Basic
Well Log Analysis, 2nd ed. (AAPG, 2004), chapter "Gamma Ray".

Without --clean and --shale these are the 5th and 95th percentile of the log itself, which go into the
parameters of the derived run. Running it again appends nothing: the same input is the same run.

Needs pyarrow. Prints one line of JSON for each log, and ends with 1 if one could not be done.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any, Dict, List, Optional

import dataforge

TOOL = "shale_volume.py"
VERSION = "1.0"
PROPERTY = "gamma_ray"


def percentile(values: List[float], share: float) -> float:
    """Returns a percentile, linear between the nearest values."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def shale_volume(gamma_ray: float, clean: float, shale: float) -> float:
    """Returns Larionov's shale volume for Tertiary rocks, as a fraction."""
    index = min(max((gamma_ray - clean) / (shale - clean), 0.0), 1.0)
    return 0.083 * (2.0 ** (3.7 * index) - 1.0)


def gamma_ray_of(db: dataforge.Connection, run: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Returns the gamma ray of a run: the preferred curve, else the first."""
    found = [curve for curve in db.curves(run["id"]) if curve["property"] == PROPERTY and curve["count"] > 0]
    return next((curve for curve in found if curve["preferred"]), found[0] if found else None)


def derive(db: dataforge.Connection, run: Dict[str, Any], ends: Optional[List[float]]) -> Optional[Dict[str, Any]]:
    """Appends the shale volume of a run; nothing when it has no gamma ray."""
    curve = gamma_ray_of(db, run)
    if curve is None:
        return None
    table = db.run(run["id"])
    depths = table.column(0).to_pylist()
    gamma_ray = table.column(curve["column"]).to_pylist()
    rows = [(depth, value) for depth, value in zip(depths, gamma_ray) if depth is not None]
    values = [value for _, value in rows if value is not None]
    clean, shale = ends or [percentile(values, 0.05), percentile(values, 0.95)]
    if not shale > clean:
        raise dataforge.Error("input", f"the gamma ray of {run['name']} does not vary", "give --clean and --shale")
    frame = {
        table.column_names[0]: [depth for depth, _ in rows],
        "VSH": [None if value is None else shale_volume(value, clean, shale) for _, value in rows],
    }
    made = db.derive(
        frame,
        well=run["well_id"],
        name=f"Vshale of {run['name']}"[:120],
        # The hash says that it was this table: if somebody changed the run meanwhile, nothing is appended.
        sources=[f"{run['id']}:{curve['ordinal']}@{run['blob']}"],
        tool=TOOL,
        version=VERSION,
        parameters={"method": "larionov_tertiary", "clean_gapi": clean, "shale_gapi": shale},
        description="Shale volume from gamma ray",
        units={"VSH": "v/v"},
        index_unit=run["index_unit"],
    )
    return {"source": run["name"], "run": made.run, "outcome": made.outcome, "warnings": made.warnings}


def main() -> int:
    parser = argparse.ArgumentParser(description="Appends the shale volume of every log with a gamma ray.")
    parser.add_argument("--directory", help="data directory of the node")
    parser.add_argument("--workspace", help="workspace, where the node holds several")
    parser.add_argument("--clean", type=float, help="gamma ray of clean rock")
    parser.add_argument("--shale", type=float, help="gamma ray of shale")
    options = parser.parse_args()
    if (options.clean is None) != (options.shale is None):
        parser.error("give both --clean and --shale, or neither")
    ends = None if options.clean is None else [options.clean, options.shale]
    failed = False
    try:
        db = dataforge.connect(directory=options.directory, workspace=options.workspace, frames="pyarrow")
        # What was computed, also by this very program, is no source of it.
        runs = [run for run in db.runs() if run["kind"] == "log" and ["acquisition", "computed"] not in run["acquisition"]]
    except dataforge.Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for run in sorted(runs, key=lambda run: run["id"]):
        try:
            made = derive(db, run, ends)
        except dataforge.Error as error:
            print(f"error: {run['name']}: {error}", file=sys.stderr)
            failed = True
            continue
        if made is not None:
            print(json.dumps(made))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
