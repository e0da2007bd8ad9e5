"""Runs the benchmarks named on the command line, or all, and prints one line a figure. Says plainly what falls short.

    python -m bench [--data FOLDER] [--json FILE] [alignment launch mastery diagnostics passback ...]

Each module of this folder with a `run()` is a benchmark; it answers rows of `what, figure, unit, must, ok, beside`.
`--data` is a folder with data sets that cannot be shipped; figures that need it are left out without it.
"""

import argparse
import importlib
import inspect
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def names() -> list[str]:
    return sorted(file.stem for file in HERE.glob("*.py") if not file.stem.startswith("_"))


def run(name: str, data: Path | None) -> list[dict[str, Any]]:
    module = importlib.import_module(f"bench.{name}")
    takes_data = "data_dir" in inspect.signature(module.run).parameters
    rows: list[dict[str, Any]] = module.run(data_dir=data) if takes_data else module.run()
    return [{"bench": name, **row} for row in rows]


def say(row: dict[str, Any]) -> str:
    verdict = {True: "ok", False: "SHORT", None: ""}[row.get("ok")]
    figure = row["figure"]
    shown = f"{figure:.4g}" if isinstance(figure, float) else str(figure)
    must = f"  must {row['must']}" if row.get("must") else ""
    beside = f"  beside {row['beside']}" if row.get("beside") else ""
    return f"{verdict:6}{row['bench']}: {row['what']}: {shown} {row.get('unit', '')}{must}{beside}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Every budget beside its peer or floor.")
    parser.add_argument("which", nargs="*", choices=[*names(), []], help="all of them otherwise")
    parser.add_argument("--data", type=Path, help="a folder with data sets that cannot be shipped")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}; ratios travel, milliseconds do not.")
    rows: list[dict[str, Any]] = []
    for name in asked.which or names():
        began = time.monotonic()
        for row in run(name, asked.data):
            rows.append(row)
            print(say(row), flush=True)
        print(f"      {name}: {time.monotonic() - began:.0f} s in all", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2, default=str))
    short = [row for row in rows if row.get("ok") is False]
    print(f"{len(rows)} figures, {len(short)} short of what they must reach.")
    for row in short:
        print(f"  {say(row)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
