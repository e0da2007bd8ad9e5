"""A small LMS to try the tool with: the platform side of LTI 1.3 Advantage, in the temper of Canvas or of Moodle.

It is a peer of the tool, not a part: it imports nothing of the tool's inside, keeps its state in memory, and is as
strict as the LMS it stands for, and stricter where that LMS is lax. Everyone in it is fictional.

    app = build_app(load(Path("seed.json")), temper="moodle")
    with serving(app) as sandbox:
        register_tool(app, client_id="waymark", login_url=..., launch_url=..., jwks_url=...)
        page = LaunchDriver(sandbox.base_url, person=21, link=7).launch()

Or as a process of its own: `python -m lti_tool.sandbox --port 8001 --temper canvas --seed seed.json`.
"""

from lti_tool.sandbox.app import build_app, campus_of, register_tool
from lti_tool.sandbox.driver import LaunchDriver
from lti_tool.sandbox.seed_json import load, loads
from lti_tool.sandbox.serve import Served, serve_in_thread, serving

__all__ = [
    "LaunchDriver",
    "Served",
    "build_app",
    "campus_of",
    "load",
    "loads",
    "register_tool",
    "serve_in_thread",
    "serving",
]
