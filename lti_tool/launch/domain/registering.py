"""Dynamic registration as plain facts: is this LMS's configuration one to trust, what do we tell it about ourselves,
what did it grant (1EdTech LTI Dynamic Registration 1.0; OpenID Connect Discovery and Registration 1.0).

Whose hosts the addresses have matters more than it seems. Our key is the same for every LMS, so a configuration that
could name somebody else's token endpoint, or somebody else as the audience, would get a token of that LMS made and
handed over. Therefore every address must be the issuer's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lti_tool.kit.urls import host_of, same_server
from lti_tool.launch.domain.claims import is_id, is_url
from lti_tool.launch.domain.facts import text
from lti_tool.launch.domain.not_registered import NotRegistered

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
FAMILIES = (("instructure.com", "canvaslms.com"), ("brightspace.com",))
"""Domains that belong to one vendor as a whole, whose issuer and endpoints have different hosts there: Canvas's cloud
(issuer canvas.instructure.com, tokens from sso.canvaslms.com) and Brightspace's (tokens from auth.brightspace.com)."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an LMS says of itself, checked. None where it does not say which ones it supports."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    registration_endpoint: str
    audience: str | None
    """For token requests, where it is not the token endpoint itself."""
    family: str
    name: str
    """What people there call it; its host where it does not say."""
    scopes: frozenset[str] | None
    placements: Mapping[str, frozenset[str]] | None
    """By message type."""
    variables: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Granted:
    """What an LMS answered to our registration."""

    client_id: str
    scopes: tuple[str, ...] | None
    """None where it does not say."""
    deployment_id: str | None
    page: str
    """Where in the LMS an administrator looks at the new tool; empty where it does not say."""


def belongs(url: str, issuer: str) -> bool:
    """Whether an address is the issuer's own: the same host and port, or a vendor's cloud that both are in."""
    if same_server(url, issuer):
        return True
    family = family_of(issuer)
    return family is not None and family == family_of(url)


def family_of(url: str) -> tuple[str, ...] | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.port not in (None, 443):
        return None
    return next((each for each in FAMILIES if host.endswith(tuple(f".{domain}" for domain in each))), None)


def is_fit(url: object, *, allow_http: bool) -> bool:
    """A web address that fits a column, https unless plain http is allowed or stays on this machine."""
    if not isinstance(url, str) or not is_url(url) or len(url) > 1000:
        return False
    parts = urlsplit(url)
    return "@" not in parts.netloc and (parts.scheme == "https" or allow_http or parts.hostname in LOOPBACK)


def read_configuration(said: object, came_from: str, *, allow_http: bool) -> Configuration:
    """The configuration that was fetched (`came_from`: the address that answered, after redirects). Raises
    NotRegistered with every fault of a kind at once."""
    if not isinstance(said, dict):
        raise NotRegistered("configuration_unreadable")
    lacks = [
        f"{name} is missing or no web address{'' if allow_http else ' (https://...)'}."
        for name in ("issuer", *ENDPOINTS)
        if not is_fit(said.get(name), allow_http=allow_http)
    ]
    platform = said.get(PLATFORM)
    if not isinstance(platform, dict):
        lacks.append(f"{PLATFORM} is missing: this is no LTI platform.")
    if not lacks and len(said["issuer"]) > 500:
        lacks.append("issuer is too long.")
    if lacks:
        raise NotRegistered("configuration_incomplete", *lacks)
    assert isinstance(platform, dict)
    issuer: str = said["issuer"]
    if not belongs(came_from, issuer):
        raise NotRegistered("issuer_mismatch", f"It came from {host_of(came_from)} and says it is {host_of(issuer)}.")
    _check_endpoints(said, issuer)
    _check_abilities(said)
    return Configuration(
        issuer=issuer,
        authorization_endpoint=said["authorization_endpoint"],
        token_endpoint=said["token_endpoint"],
        jwks_uri=said["jwks_uri"],
        registration_endpoint=said["registration_endpoint"],
        audience=_audience(said, issuer),
        family=text(platform.get("product_family_code"), 40).lower(),
        name=text(platform.get(CANVAS + "account_name"), 200) or host_of(issuer),
        scopes=_texts(said.get("scopes_supported")),
        placements=_placements(platform.get("messages_supported")),
        variables=_texts(platform.get("variables")),
    )


ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")


def _check_endpoints(said: Mapping[str, Any], issuer: str) -> None:
    strange = [name for name in ENDPOINTS if not belongs(said[name], issuer)]
    if family_of(issuer) is not None and "registration_endpoint" in strange:
        # A school's Canvas in the cloud may have a host name of its own. Nothing secret goes there but the token that
        # the LMS made for it.
        strange.remove("registration_endpoint")
    if strange:
        details = (f"{name} is at {host_of(said[name])}, the LMS at {host_of(issuer)}." for name in strange)
        raise NotRegistered("endpoint_elsewhere", *details)


def _audience(said: Mapping[str, Any], issuer: str) -> str | None:
    """A name without a scheme (Canvas says one) is no audience: its token endpoint is. What is an address must be the
    issuer's own, or what we sign for this LMS could be used at another."""
    audience = said.get("authorization_server")
    if not is_url(audience) or audience == said["token_endpoint"]:
        return None
    assert isinstance(audience, str)
    if not belongs(audience, issuer) or len(audience) > 1000:
        at = f"authorization_server is at {host_of(audience)}, the LMS at {host_of(issuer)}."
        raise NotRegistered("endpoint_elsewhere", at)
    return audience


def _check_abilities(said: Mapping[str, Any]) -> None:
    """Each list must hold what LTI 1.3 needs, where the LMS gives the list."""
    lacks = [
        f"{name} lacks {needed}."
        for name, needed in (
            ("response_types_supported", "id_token"),
            ("id_token_signing_alg_values_supported", "RS256"),
            ("token_endpoint_auth_methods_supported", "private_key_jwt"),
            ("token_endpoint_auth_signing_alg_values_supported", "RS256"),
        )
        if (listed := _texts(said.get(name))) and needed not in listed
    ]
    if lacks:
        raise NotRegistered("not_supported", *lacks)


def read_answer(said: object) -> Granted:
    """What the LMS answered. Raises NotRegistered when it does not say who we are there."""
    if not isinstance(said, dict):
        raise NotRegistered("registration_unreadable")
    client_id = said.get("client_id")
    if isinstance(client_id, int) and not isinstance(client_id, bool):
        client_id = str(client_id)
    if not isinstance(client_id, str) or not is_id(client_id):
        raise NotRegistered("registration_unreadable", "There is no client id in its answer.")
    scope, setup = said.get("scope"), said.get(TOOL)
    setup = setup if isinstance(setup, dict) else {}
    found = scope.split() if isinstance(scope, str) else scope if isinstance(scope, list) else None
    deployment = setup.get("deployment_id")
    deployment = str(deployment) if isinstance(deployment, int) and not isinstance(deployment, bool) else deployment
    page = setup.get(CANVAS + "registration_config_url")
    return Granted(
        client_id=client_id,
        scopes=None if found is None else tuple(dict.fromkeys(each for each in found if is_url(each)))[:50],
        deployment_id=deployment if isinstance(deployment, str) and is_id(deployment) else None,
        page=page if isinstance(page, str) and is_url(page) else "",
    )


def _placements(said: object) -> Mapping[str, frozenset[str]] | None:
    if not isinstance(said, list):
        return None
    found = {
        each["type"]: _texts(each.get("placements")) or frozenset()
        for each in said
        if isinstance(each, dict) and isinstance(each.get("type"), str)
    }
    return found or None


def _texts(said: object) -> frozenset[str] | None:
    return frozenset(each for each in said if isinstance(each, str)) if isinstance(said, list) else None
