"""What an institution does once, before the first course: the LMS is added, the framework chosen, the token pasted."""

import json

from lti_tool.demo import content
from lti_tool.demo.servers import Servers
from lti_tool.demo.visitor import Visitor, WentWrong

INSTITUTION = "Northmere University (fictional)"


def start(servers: Servers) -> None:
    """Both servers up, the tool known to the sandbox and the sandbox to the tool."""
    from lti_tool import create_app
    from lti_tool.kit import clock, schema
    from lti_tool.kit.db import db, everywhere, writing
    from lti_tool.launch import service

    seed = servers.data / "seed.json"
    seed.write_text(json.dumps(content.seed()), encoding="utf-8")
    servers.start_sandbox(seed)
    platform = servers.control("platform")
    tool = servers.control(
        "tools",
        {
            "name": "Waymark",
            "login_url": f"{servers.tool}/lti/login",
            "launch_url": f"{servers.tool}/lti/launch",
            "jwks_url": f"{servers.tool}/lti/jwks.json",
            "redirect_uris": [f"{servers.tool}/lti/launch"],
        },
    )
    settings = servers.settings()
    schema.upgrade(settings.database_url)
    app = create_app(settings)
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        new = service.NewPlatform(
            issuer=platform["issuer"],
            client_id=tool["client_id"],
            auth_login_url=platform["auth_login_url"],
            auth_token_url=platform["auth_token_url"],
            jwks_url=platform["jwks_url"],
            name="Sandbox LMS",
            institution=INSTITUTION,
        )
        platform_id = service.add_platform(session, new, clock.now(), allow_http=True)
        service.add_deployment(session, platform_id, tool["deployment_id"], clock.now())
    servers.start_tool()


def administer(servers: Servers) -> str:
    """As the administrator, through the pages: add DigComp 3.0, connect the LMS's web services. What the check said."""
    admin = Visitor(servers.sandbox, content.ADMINISTRATOR)
    admin.launch(f"/courses/{content.COURSE_ID}/links/{content.LINKS['map']}/launch")
    frameworks = admin.open(f"{servers.tool}/frameworks")
    starter = next((form for form in frameworks.forms if form.value("starter").startswith("digcomp")), None)
    if starter is None:
        raise WentWrong(f"DigComp 3.0 is not offered as a starter: {frameworks.title}")
    admin.send(starter)
    page = admin.open(f"{servers.tool}/admin/connections")
    form = page.form("/connection")
    suffix = form.action.rstrip("/").split("/")[-2]
    done = admin.send(
        form,
        **{f"kind-{suffix}": "moodle", f"base_url-{suffix}": servers.sandbox, f"token-{suffix}": content.TOKEN},
    )
    if done.status != 200 or "Works" not in done.text:
        raise WentWrong(f"The connection does not work: {done.error or done.title}")
    return "works"
