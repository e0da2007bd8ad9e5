"""What to do about each finding, and who can: by its code and, where it differs, by the LMS. Pure."""

CANVAS, MOODLE, ANY = "canvas", "moodle", ""

_HTTP_SECURITY = (
    "In Moodle: Site administration, General, Security, HTTP security.",
    "Take this tool’s host out of “cURL blocked hosts list”, and put its port in “cURL allowed ports list”.",
    "Then check again.",
)
_ADDRESSES_MOODLE = (
    "In Moodle: Site administration, Plugins, Activity modules, External tool, Manage tools; on Waymark’s card, "
    "View configuration details.",
    "Compare the address there with the one of this connection; whoever runs this server changes it with “lti-tool "
    "platform add”.",
)
_ADDRESSES_CANVAS = (
    "Compare the address of this connection with the one in Canvas’s documentation for your kind of site (for cloud "
    "sites it begins with https://sso.canvaslms.com).",
    "Whoever runs this server changes it with “lti-tool platform add”.",
)
_ADDRESSES = (
    "Compare the address with the one that the LMS’s administrator sees; “lti-tool platform add” changes it.",
)
_SITE_DOWN = ("Ask the LMS’s administrator whether the site is in maintenance.", "Check again when it is back.")
_PAGE = (
    "Open the address in a browser: it may be a page of a proxy, of a login, or of maintenance.",
    "Ask the LMS’s administrator to let requests from this server through to it.",
)
_MEDIA_TYPE = (
    "Something between this server and the LMS rewrites the Accept header, mostly a proxy or a firewall.",
    "Ask the LMS’s administrator to let the header through unchanged.",
)
_CLIENT_MOODLE = (
    "In Moodle: Site administration, Plugins, Activity modules, External tool, Manage tools.",
    "If Waymark’s card says Pending, choose Activate. Otherwise open View configuration details and compare the "
    "client id.",
)
_CLIENT_CANVAS = (
    "In Canvas: Admin, Developer keys. The key’s state must be On.",
    "Compare the number under Details with the client id of this connection.",
)
_SCOPES_MOODLE = (
    "In Moodle: Site administration, Plugins, Activity modules, External tool, Manage tools; on Waymark’s card, the "
    "cog.",
    "Under Services: IMS LTI Assignment and Grade Services: “Use this service for grade sync and column management”; "
    "IMS LTI Names and Role Provisioning: “Use this service to retrieve members’ information”.",
    "Save, then check again.",
)
_SCOPES_CANVAS = (
    "In Canvas: Admin, Developer keys; on Waymark’s key, the pencil.",
    "Under LTI Advantage Services switch on what is missing, and save.",
    "Then check again. A token that was given before keeps its old rights for up to an hour.",
)

STEPS: dict[str, dict[str, tuple[str, ...]]] = {
    "deployment_pending": {
        ANY: ("Under Connections, approve the deployment if it is yours, or refuse it.",),
    },
    "deployment_none": {
        ANY: (
            "Open Waymark from the LMS once: the place it was opened from then waits under Connections for your "
            "approval.",
        )
    },
    "login_missing": {CANVAS: _ADDRESSES_CANVAS, MOODLE: _ADDRESSES_MOODLE, ANY: _ADDRESSES},
    "login_redirect_unknown": {
        CANVAS: (
            "In Canvas: Admin, Developer keys; on Waymark’s key, the pencil.",
            "Put this tool’s redirect address (under Connections) among the redirect URIs, and check the client id.",
        ),
        ANY: ("Put this tool’s redirect address (under Connections) among the redirect URIs of the LMS.",),
    },
    "keys_missing": {CANVAS: _ADDRESSES_CANVAS, MOODLE: _ADDRESSES_MOODLE, ANY: _ADDRESSES},
    "keys_none": {
        ANY: ("Compare the key set address with the one that the LMS’s administrator sees: it may be another site’s.",)
    },
    "our_keys_stale": {
        ANY: (
            "A cache or another server answers at this tool’s address.",
            "Whoever runs this server checks LTI_TOOL_BASE_URL and keeps /lti/jwks.json out of caches.",
        )
    },
    "our_keys_missing": {
        ANY: ("Whoever runs this server checks LTI_TOOL_BASE_URL and that the proxy passes /lti/ on to it.",)
    },
    "our_keys_page": {
        ANY: ("Whoever runs this server checks LTI_TOOL_BASE_URL and that the proxy passes /lti/ on to it.",)
    },
    "our_keys_address_refused": {
        ANY: (
            "Seen from this server, its public name leads into a private network, so it could not look. "
            "If permission below works, nothing is to be done.",
        )
    },
    "clock_off": {
        ANY: (
            "See which of the two is wrong: compare both with a clock that is right.",
            "Let the wrong one be set by a time service (NTP); whoever runs that server can.",
        )
    },
    "token_missing": {CANVAS: _ADDRESSES_CANVAS, MOODLE: _ADDRESSES_MOODLE, ANY: _ADDRESSES},
    "token_client_unknown": {
        CANVAS: _CLIENT_CANVAS,
        MOODLE: _CLIENT_MOODLE,
        ANY: ("Compare the client id with the one in the LMS, and check that the tool is active there.",),
    },
    "token_our_keys_blocked": {
        MOODLE: _HTTP_SECURITY,
        ANY: ("Ask the LMS’s administrator to let its server fetch this tool’s key set address.",),
    },
    "token_our_key_unknown": {
        CANVAS: (
            "In Canvas: Admin, Developer keys; on Waymark’s key, the pencil.",
            "Method must be Public JWK URL, with this tool’s key set address (under Connections).",
        ),
        MOODLE: (
            "In Moodle: External tool, Manage tools; on Waymark’s card, the cog.",
            "Public key type must be Keyset URL, with this tool’s key set address (under Connections).",
            "Purge Moodle’s caches if it was right already.",
        ),
        ANY: ("Give the LMS this tool’s key set address (under Connections) instead of a single key.",),
    },
    "token_clock": {ANY: ("Let both clocks be set by a time service (NTP).",)},
    "scope_missing": {
        CANVAS: _SCOPES_CANVAS,
        MOODLE: _SCOPES_MOODLE,
        ANY: ("Ask the LMS’s administrator to allow these services for Waymark.",),
    },
    "roster_refused": {
        CANVAS: _SCOPES_CANVAS,
        MOODLE: _SCOPES_MOODLE,
        ANY: ("Ask the LMS’s administrator to allow the class list for Waymark.",),
    },
    "gradebook_refused": {
        CANVAS: _SCOPES_CANVAS,
        MOODLE: _SCOPES_MOODLE,
        ANY: ("Ask the LMS’s administrator to allow the gradebook for Waymark.",),
    },
    "roster_gone": {ANY: ("The course may be deleted. Open Waymark from another course, then check again.",)},
    "gradebook_gone": {ANY: ("The course may be deleted. Open Waymark from another course, then check again.",)},
    "rest_token_dead": {
        CANVAS: (
            "In Canvas, as the account that Waymark reads with: Account, Settings, New access token.",
            "Paste it under Connections, then check again.",
        ),
        MOODLE: (
            "In Moodle: Site administration, Server, Web services, Manage tokens: make one for the service account.",
            "Paste it under Connections, then check again.",
        ),
    },
    "rest_rights": {
        MOODLE: (
            "In Moodle: Site administration, Server, Web services, External services; at Waymark’s service, "
            "Functions: add what is missing.",
            "Give the account’s role the rights that the guide lists.",
        ),
        ANY: ("Give the account of the connection the rights that the guide lists.",),
    },
}

BY_KIND: dict[str, tuple[str, ...]] = {
    "down": _SITE_DOWN,
    "page": _PAGE,
    "media_type": _MEDIA_TYPE,
    "unreachable": (
        "Check the address, and that the LMS’s server is running.",
        "If it opens in your browser, a firewall stops this server: ask its network’s administrator to let it out "
        "to that host and port.",
    ),
    "certificate": (
        "Its certificate has expired, belongs to another host, or lacks the certificates between it and its issuer.",
        "Ask the LMS’s administrator to renew or complete it.",
    ),
    "address_refused": (
        "The address lies in a private network. If the LMS really lives there, whoever runs this server sets "
        "LTI_TOOL_PRIVATE_NETWORKS=allow.",
    ),
    "throttled": ("Wait a few minutes, then check again.",),
    "out_of_time": ("The LMS answers slowly. Check again in a few minutes.",),
    "refused": ("Ask the LMS’s administrator whether a firewall refuses requests from this server.",),
    "odd": ("Tell whoever looks after this tool; its log has the details.",),
}


def remedy(code: str, family: str) -> tuple[str, ...]:
    """The steps for a finding; at least one for every code that is not empty."""
    by_family = STEPS.get(code)
    if by_family:
        return by_family.get(family) or by_family.get(ANY) or next(iter(by_family.values()))
    kind = next((kind for kind in BY_KIND if code.endswith(kind)), "odd")
    return BY_KIND[kind] if code else ()
