"""Find a Chromium for the browser tests, or install one by the system's package manager where that is possible.

Order: LTI_TOOL_CHROMIUM, a Chromium or Chrome on the path, apt as root. Where none can be had the browser tests are
skipped with a loud line; in CI that is a failure. The headless shell, the same engine without windows and settings,
opens a page in half the time: it is taken where it is there, but for the tests that block all cookies.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SHELL = "chromium-headless-shell"


def find() -> str | None:
    """The path of a Chromium, or None."""
    given = os.environ.get("LTI_TOOL_CHROMIUM")
    if given:
        return given if os.access(given, os.X_OK) else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def find_shell() -> str | None:
    """The path of the headless shell, else of a Chromium, else None. LTI_TOOL_CHROMIUM decides for both."""
    return find() if "LTI_TOOL_CHROMIUM" in os.environ else shutil.which(SHELL) or find()


def install(*packages: str) -> None:
    """By apt, where we are root and there is one. Raises nothing: the caller looks again."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    print(f"Installing {' and '.join(packages)} for the browser tests ...", file=sys.stderr)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], check=False, env=environment, **quiet)
    subprocess.run(
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
        check=False,
        env=environment,
        **quiet,
    )


if __name__ == "__main__":
    if find() is None:
        install("chromium", "fonts-dejavu-core", SHELL)
    elif find_shell() == find() and "LTI_TOOL_CHROMIUM" not in os.environ:
        install(SHELL)
    if find() is None:
        print("NO CHROMIUM: the browser tests are skipped. Install Chromium or set LTI_TOOL_CHROMIUM.", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 0)
