"""`python -m lti_tool.sandbox`: the sandbox as a process of its own."""

import argparse
import sys
from pathlib import Path

from lti_tool.sandbox.app import build_app, campus_of
from lti_tool.sandbox.seed_json import SeedWrong, load
from lti_tool.sandbox.serve import bind

SMALL = Path(__file__).parent / "small.json"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lti_tool.sandbox", description="A small LMS to try the tool with.")
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="loopback only: anybody may become anybody here")
    parser.add_argument("--temper", choices=["canvas", "moodle"], default="moodle")
    parser.add_argument("--seed", type=Path, default=SMALL, help="a JSON file (lti_tool/sandbox/seed.py says how)")
    parser.add_argument("--base-url", default="", help="its own address, when it is not http://HOST:PORT")
    asked = parser.parse_args(arguments)
    try:
        app = build_app(load(asked.seed), asked.base_url, asked.temper)
    except (OSError, SeedWrong) as fault:
        sys.stderr.write(f"The seed cannot be used: {fault}\n")
        return 1
    server = bind(app, asked.host, asked.port)
    sys.stderr.write(f"Sandbox LMS ({asked.temper}) at {campus_of(app).base_url}\n")
    sys.stderr.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
