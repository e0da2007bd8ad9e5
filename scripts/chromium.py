"""Find a Chromium for the browser tests, or install one by the system's package manager where that is possible.

Order: LTI_TOOL_CHROMIUM, a Chromium or Chrome on the path, apt as root. Where none can be had the browser tests are
skipped with a loud line; in CI that is a failure.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """The path of a Chromium, or None."""
    given = os.environ.get("LTI_TOOL_CHROMIUM")
    if given:
        return given if os.access(given, os.X_OK) else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """By apt, where we are root and there is one. Raises nothing: the caller looks again."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    print("Installing Chromium for the browser tests ...", file=sys.stderr)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], check=False, env=environment, **quiet)
    subprocess.run(
        ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
        check=False,
        env=environment,
        **quiet,
    )


if __name__ == "__main__":
    if find() is None:
        install()
    if find() is None:
        print("NO CHROMIUM: the browser tests are skipped. Install Chromium or set LTI_TOOL_CHROMIUM.", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 0)
