"""Every row of the table of what pylti1p3 does and ours must do, each as a test of its own name."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import select

from lti_tool.kit.db import db, everywhere
from lti_tool.launch.models import Deployment
from tests.certification.refusing import reason_of, refused, rows
from tests.launch.platform import (
    ADMINISTRATOR,
    GONE,
    INSTRUCTOR,
    LEARNER,
    TestPlatform,
    enter,
    new_key,
    post_launch,
    register,
    start_login,
)


def lets_in(client: FlaskClient, platform: TestPlatform, **given: Any) -> bool:
    return enter(client, platform, **given).status_code == 303


def test_the_same_state_and_token_posted_again_are_refused_kindly(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    started = start_login(client, platform)
    form = {"state": started.state, "id_token": platform.sign(platform.claims(started.nonce))}
    assert client.post("/lti/launch", data=form).status_code == 303
    again = client.post("/lti/launch", data=form)
    assert reason_of(again) == "already_used"
    assert "open Waymark there again" in again.text
    assert rows(app) == 1
    # the browser that replays without its cookie gains nothing either
    assert reason_of(app.test_client().post("/lti/launch", data=form)) == "already_used"


def test_the_nonce_of_one_login_under_the_state_of_another_is_refused(
    client: FlaskClient, platform: TestPlatform
) -> None:
    first, second = start_login(client, platform), start_login(client, platform)
    token = platform.sign(platform.claims(first.nonce))
    answer = client.post("/lti/launch", data={"state": second.state, "id_token": token})
    assert reason_of(answer) == "wrong_nonce"


def test_a_token_without_exp_or_iat_or_far_too_old_is_refused(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    now = int(time.time())
    assert refused(app, client, platform, exp=GONE) == "missing_timestamp"
    assert refused(app, client, platform, iat=GONE) == "missing_timestamp"
    assert refused(app, client, platform, iat=now - 30 * 86_400, exp=now + 60) == "token_too_old"
    # no older than the nonce can be, within the leeway
    assert refused(app, client, platform, iat=now - 600 - 65, exp=now + 60) == "token_too_old"
    assert lets_in(client, platform, iat=now - 600 - 50, exp=now + 60)


def test_a_list_of_audiences_needs_the_right_authorized_party(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    ours = platform.client_id
    assert refused(app, client, platform, aud=[ours, "another"]) == "wrong_authorized_party"
    assert refused(app, client, platform, aud=[ours]) == "wrong_authorized_party"
    assert refused(app, client, platform, aud=[ours, "another"], azp="another") == "platform_unknown"
    assert refused(app, client, platform, aud=ours, azp="another") == "wrong_authorized_party"
    assert refused(app, client, platform, aud=["another"], azp=ours) == "wrong_authorized_party"


def test_our_client_second_in_the_list_is_let_in_with_its_party(client: FlaskClient, platform: TestPlatform) -> None:
    assert lets_in(client, platform, aud=["another", platform.client_id], azp=platform.client_id)
    assert lets_in(client, platform, aud=platform.client_id, azp=platform.client_id)


def test_a_wrong_audience_and_an_unknown_issuer_are_clear_pages_not_crashes(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    assert refused(app, client, platform, aud="another") == "platform_unknown"
    assert refused(app, client, platform, iss="https://stranger.example") == "platform_unknown"
    for odd in (None, 7, {}, [], [7], ""):
        assert refused(app, client, platform, aud=odd) in ("wrong_audience", "wrong_authorized_party")
        assert refused(app, client, platform, iss=odd) in ("missing_issuer", "platform_unknown")


def test_no_target_roles_as_a_string_and_overlong_ids_are_refused(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    long = "x" * 256
    assert refused(app, client, platform, target_link_uri=GONE) == "missing_target"
    assert refused(app, client, platform, roles=LEARNER) == "missing_roles"
    assert refused(app, client, platform, sub=long) == "missing_subject"
    assert refused(app, client, platform, deployment_id=long) == "missing_deployment"
    assert refused(app, client, platform, resource_link={"id": long}) == "missing_resource_link"
    assert refused(app, client, platform, context={"id": long}) == "bad_context"


def test_an_anonymous_launch_is_let_in_and_sees_nobody(client: FlaskClient, platform: TestPlatform) -> None:
    nobody = dict.fromkeys(("sub", "name", "given_name", "family_name", "email"), GONE)
    assert lets_in(client, platform, **nobody)
    assert client.get("/welcome").status_code == 200


def test_clocks_a_minute_apart_do_no_harm(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    now = int(time.time())
    assert lets_in(client, platform, iat=now + 3)
    assert lets_in(app.test_client(), platform, iat=now - 62, exp=now - 2)
    assert lets_in(app.test_client(), platform, iat=now + 50, exp=now + 110)
    before = rows(app)
    other = app.test_client()
    assert reason_of(post_launch(other, platform, iat=now - 200, exp=now - 61)) == "token_expired"
    assert reason_of(post_launch(other, platform, iat=now + 90, exp=now + 150)) == "token_from_future"
    assert rows(app) == before


def test_no_algorithm_a_shared_secret_and_a_foreign_key_are_refused(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    started = start_login(client, platform)
    claims = platform.claims(started.nonce)
    public = RSAKey.import_key(platform.key.as_dict(private=False))
    secrets = [public.as_pem(private=False), json.dumps(public.as_dict(private=False)).encode()]
    tokens = {"wrong_algorithm": [platform.sign(claims, alg="none")]}
    tokens["wrong_algorithm"] += [platform.sign_with_secret(claims, secret) for secret in secrets]
    tokens["wrong_algorithm"] += [platform.sign(claims, alg="RS512")]
    tokens["bad_signature"] = [
        platform.sign(claims, key=new_key("foreign"), kid=platform.key.kid),
        platform.sign(claims)[:-4] + "AAAA",
        platform.sign(claims).rsplit(".", 1)[0] + ".",
    ]
    head, body, signature = platform.sign(claims).split(".")
    other_body = platform.sign(platform.claims(started.nonce, roles=[ADMINISTRATOR])).split(".")[1]
    tokens["bad_signature"].append(f"{head}.{other_body}.{signature}")
    assert body != other_body
    for reason, made in tokens.items():
        for token in made:
            answer = client.post("/lti/launch", data={"state": started.state, "id_token": token})
            assert reason_of(answer) == reason
    assert rows(app) == 0


def test_empty_roles_are_let_in_and_missing_ones_are_not(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    assert refused(app, client, platform, roles=GONE) == "missing_roles"
    assert refused(app, client, platform, roles=[7]) == "missing_roles"
    assert lets_in(client, platform, roles=[])


def test_a_browser_without_cookies_gets_a_page_that_works_not_a_broken_message(
    app: Flask, platform: TestPlatform
) -> None:
    keeps_none = app.test_client(use_cookies=False)
    answer = post_launch(keeps_none, platform)
    assert reason_of(answer) == "no_cookie"
    assert "Yes, continue as Maple Example" in answer.text


def test_a_rotated_key_costs_one_fetch_and_an_outage_costs_nothing(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    assert lets_in(client, platform)
    assert platform.fetches == 1
    platform.down = True
    assert lets_in(app.test_client(), platform)
    platform.down = False
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        clock.shift(10)
        platform.rotate("key-b")
        assert lets_in(app.test_client(), platform)
        assert lets_in(app.test_client(), platform)
    assert platform.fetches == 2


def test_messages_are_a_table_and_a_strange_one_is_a_clear_page(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    assert refused(app, client, platform, message_type="LtiFutureRequest") == "unknown_message_type"
    assert refused(app, client, platform, message_type=GONE) == "missing_message_type"
    assert lets_in(client, platform, roles=[INSTRUCTOR])


def test_an_unknown_deployment_waits_for_an_administrator_and_then_opens(
    app: Flask, client: FlaskClient, lms: TestPlatform
) -> None:
    register(app, lms, approved=False)
    answer = post_launch(client, lms)
    assert answer.status_code == 403
    assert reason_of(answer) == "deployment_pending"
    assert "administrator" in answer.text
    assert reason_of(post_launch(client, lms)) == "deployment_pending"
    with app.app_context(), everywhere(db.session()):
        (row,) = db.session().scalars(select(Deployment)).all()
        assert (row.deployment_id, row.status) == ("1", "pending")
        from lti_tool.kit.db import writing
        from lti_tool.launch import service

        with writing(db.session()) as session:
            service.decide_deployment(session, row.institution_id, row.id, approved=True)
    assert lets_in(client, lms)


def test_two_registrations_of_one_issuer_are_told_apart(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    """Every Canvas cloud tenant shares one issuer."""
    other = TestPlatform(client_id="second", jwks_url=platform.jwks_url)
    register(app, other)
    started = start_login(client, other)
    mixed = platform.sign(platform.claims(started.nonce))  # the state of one registration, the token of another
    assert reason_of(client.post("/lti/launch", data={"state": started.state, "id_token": mixed})) == "wrong_state"
    own = platform.sign(platform.claims(started.nonce, aud="second"))
    assert client.post("/lti/launch", data={"state": started.state, "id_token": own}).status_code == 303
