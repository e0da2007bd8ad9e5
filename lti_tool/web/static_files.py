"""The files that browsers keep: scripts, styles, fonts. Their address changes with their content, so that a browser
asks once and never again; modules and styles name each other relatively, and so stay in one version."""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory

from lti_tool.settings import ROOT

FOLDER = ROOT / "lti_tool" / "web" / "static"
YEAR = 365 * 24 * 3600


def install(app: Flask) -> None:
    current = version_of(FOLDER)

    def send(filename: str, version: str) -> Response:
        kept = version == current
        response = send_from_directory(FOLDER, filename, max_age=YEAR if kept else None)
        response.cache_control.immutable = kept
        return response

    @app.url_defaults
    def name_the_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("version", current)

    app.add_url_rule("/static-<version>/<path:filename>", "static", send)
    # an address to be known elsewhere: LMSs keep the icon's
    app.add_url_rule("/static/<path:filename>", "static", send, defaults={"version": ""})


@cache
def version_of(folder: Path) -> str:
    """A word that is another when any file of the folder is another."""
    found = hashlib.sha256()
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(names):
            file = Path(place, name)
            found.update(f"{file.relative_to(folder)}\0".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()[:12]
