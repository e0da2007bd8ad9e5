"""What load balancers and operators ask."""

import json

import pytest
from flask import Flask
from sqlalchemy import text

from lti_tool.kit import log
from lti_tool.kit.db import db
from tests.launch.platform import TestPlatform, enter, post_launch


def test_a_live_process_says_so(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready_means_that_the_database_has_its_tables(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE platform RENAME TO elsewhere"))
    broken = client.get("/readyz")
    assert broken.status_code == 503
    assert "db upgrade" in broken.text


def test_metrics_count_launches_and_refusals_by_reason_and_name_nobody(app: Flask, platform: TestPlatform) -> None:
    def figures() -> dict[str, float]:
        lines = [line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[:1] != "#"]
        return {name: float(value) for name, value in lines}

    client = app.test_client()
    before = figures()
    enter(app.test_client(), platform)
    post_launch(app.test_client(), platform, version="1.1")
    after = figures()
    refused = 'waymark_launch_refusals_total{reason="wrong_version"}'
    assert after["waymark_launches_total"] == before["waymark_launches_total"] + 1
    assert after[refused] == before.get(refused, 0) + 1
    assert after["waymark_outbox_due"] == 0
    assert "Maple" not in client.get("/metrics").text


def test_the_canvas_configuration_is_a_developer_key(app: Flask) -> None:
    said = app.test_client().get("/lti/config.json").get_json()
    assert said["oidc_initiation_url"] == "http://localhost/lti/login"
    assert said["target_link_uri"] == "http://localhost/lti/launch"
    assert said["public_jwk_url"] == "http://localhost/lti/jwks.json"
    assert said["custom_fields"]["lms_user_id"] == "$Canvas.user.id"
    (extension,) = said["extensions"]
    placements = {one["placement"]: one["message_type"] for one in extension["settings"]["placements"]}
    assert placements == {
        "course_navigation": "LtiResourceLinkRequest",
        "account_navigation": "LtiResourceLinkRequest",
        "assignment_selection": "LtiDeepLinkingRequest",
        "link_selection": "LtiDeepLinkingRequest",
    }
    assert any(scope.endswith("/score") for scope in said["scopes"])


def test_a_refused_launch_leaves_a_line_with_its_reason_and_without_people(
    app: Flask, platform: TestPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("info", as_json=True)
    try:
        post_launch(app.test_client(), platform, version="1.1")
        post_launch(app.test_client(use_cookies=False), platform)
    finally:
        log.configure("error", as_json=False)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    refused = [line for line in lines if line["event"] == "launch.refused"]
    assert [(line["reason"], line["platform"]) for line in refused] == [("wrong_version", 1)]
    assert [line["reason"] for line in lines if line["event"] == "launch.to_confirm"] == ["no_cookie"]
    for personal in ("Maple", "maple@", "user-1"):
        assert personal not in json.dumps(lines)
