"""The browser's libraries: pinned, locked, and without a trace of where they were fetched."""

import json
import re

from lti_tool.settings import ROOT
from scripts.assets import FOR_TESTS, SERVED

NAMED = json.loads((ROOT / "package.json").read_text())
LOCK = json.loads((ROOT / "package-lock.json").read_text())


def test_what_is_served_is_what_package_json_names() -> None:
    assert set(NAMED["dependencies"]) == set(SERVED)
    assert set(NAMED["devDependencies"]) == set(FOR_TESTS)


def test_the_lock_names_versions_and_hashes_but_no_registry() -> None:
    packages = {name: package for name, package in LOCK["packages"].items() if name}
    assert all(package["version"] and package["integrity"].startswith("sha512-") for package in packages.values())
    assert not [name for name, package in packages.items() if "resolved" in package]


def test_htmx_and_vega_stay_on_the_lines_that_were_tried() -> None:
    versions = {name: LOCK["packages"][f"node_modules/{name}"]["version"] for name in SERVED}
    assert versions["htmx.org"].startswith("2.")
    assert versions["vega"] == NAMED["dependencies"]["vega"]
    assert re.fullmatch(r"6\.4\.\d+", versions["vega-lite"])
