"""The demo's steps in order. Any figure that is wrong stops it."""

from collections.abc import Callable

from lti_tool.demo import setting_up
from lti_tool.demo.result_steps import Steps
from lti_tool.demo.servers import Servers
from lti_tool.demo.visitor import WentWrong

Say = Callable[[str, str], None]


class NotRight(Exception):
    """A step ended otherwise than it must."""


def run(servers: Servers, say: Say) -> Steps:
    """The main job on these servers, which stay up; `say(what, figure)` after each step. Raises NotRight."""
    from lti_tool import create_app
    from lti_tool.kit.db import db

    step = "Starting"
    try:
        setting_up.start(servers)
        say("Servers", f"{servers.sandbox} and {servers.tool}")
        step = "Framework and connection"
        say(step, f"DigComp 3.0 chosen, the LMS’s web services {setting_up.administer(servers)}")
        app = create_app(servers.settings())
        with app.app_context():
            walk = Steps(servers, db.session())
            for step, do in (
                ("Launches", walk.launches),
                ("Assignments from the LMS", walk.intake),
                ("An assessment of our own", walk.make_project),
                ("Criteria mapped", walk.align),
                ("Reading the LMS again", walk.again),
                ("Handed in and marked here", walk.mark_project),
                ("Gradebook", walk.gradebook),
                ("The class", walk.class_page),
                ("Heat maps", walk.maps),
                ("Equal totals, opposite profiles", walk.twins),
            ):
                say(step, do())
            db.session.remove()
            db.engine.dispose()
    except WentWrong as wrong:
        raise NotRight(f"{step}: {wrong}") from wrong
    return walk
