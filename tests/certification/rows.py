"""Where pylti1p3 2.0.0 is not enough, and what stands there instead."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What pylti1p3 does in a case, what this tool must do, and the test that shows it over HTTP."""

    library: str
    ours: str
    proof: str


ROWS = {
    "same state + id_token posted again": Row(
        "accepts (replay)",
        'one use; a friendly "open it again from your course" page',
        "test_the_same_state_and_token_again_are_refused_kindly",
    ),
    "nonce of login 1 under state of login 2": Row(
        "accepts",
        "refuse: nonce bound to state",
        "test_nonce_state_and_browser_belong_together",
    ),
    "no `exp`, no `iat`, `iat` 30 days old": Row(
        "accepts",
        "refuse; 60 s leeway for clock skew, `iat` no older than the nonce's life",
        "test_a_token_says_when_it_was_made_and_is_not_old",
    ),
    "`aud` a list without `azp`, or `azp` of someone else": Row(
        "accepts",
        "refuse",
        "test_a_list_of_audiences_needs_the_right_authorized_party",
    ),
    "our client second in an `aud` list, wrong `aud`, unknown `iss`": Row(
        "bare exception, a 500",
        "accept the first with right `azp`; a clear 4xx for the others",
        "test_our_client_may_stand_second_and_strangers_get_a_clear_page",
    ),
    "no `target_link_uri`, roles as a string, over-long ids": Row(
        "accepts",
        "refuse",
        "test_no_target_roles_as_a_string_and_overlong_ids_are_refused",
    ),
    "`sub` missing (anonymous launch)": Row(
        "refuses",
        "accept: a view with no personal data",
        "test_somebody_anonymous_is_let_in_and_nobody_is_kept",
    ),
    "`iat` 3 s ahead, `exp` 2 s past": Row(
        "refuses",
        "accept within leeway",
        "test_an_lms_whose_clock_is_a_minute_off_does_no_harm",
    ),
    "alg none, HS256 signed with the public key, foreign key with the same kid": Row(
        "refuses",
        "refuse",
        "test_a_signature_by_anything_but_the_key_of_the_lms_is_refused",
    ),
    "LTI roles `[]`": Row(
        "accepts",
        "accept; a *missing* roles claim is refused",
        "test_no_roles_are_let_in_and_a_missing_claim_is_not",
    ),
    "cookies blocked by the browser": Row(
        "a broken error message",
        "platform storage, then a new tab",
        "test_without_cookies_storage_or_the_person_confirms_and_a_new_tab_works",
    ),
    "the LMS rotates its key": Row(
        "fails until the cache expires",
        "on an unknown kid refetch once (rate-limited); on a failed refetch keep the last good set",
        "test_a_rotated_key_costs_one_fetch_and_an_outage_nothing",
    ),
    "message types beyond resource link, deep linking, submission review": Row(
        '"Unrecognized"',
        "a table of handlers",
        "test_each_message_opens_its_page_and_a_strange_one_is_a_clear_page",
    ),
}
