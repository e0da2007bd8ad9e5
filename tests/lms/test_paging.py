"""Link headers as LMSs write them."""

import pytest

from lti_tool.kit.http import Answer
from lti_tool.lms.faults import OddAnswer
from lti_tool.lms.paging import links, next_page, pages
from tests.lms.replay import answer

CANVAS = (
    '<https://c.example/api/v1/courses/1/assignments?page=bookmark:WzE%2ca%5D&per_page=100>; rel="current",'
    '<https://c.example/api/v1/courses/1/assignments?page=bookmark:WyJ,;x%2c&per_page=100>; rel="next",'
    '<https://c.example/api/v1/courses/1/assignments?page=first&per_page=100>; rel="first"'
)


def test_moodles_curly_quotes_and_escaped_ampersands_are_read() -> None:
    first = next_page(answer("ags/lineitems-paging-limit-first"))
    assert first == "http://moodle.example/mod/lti/services.php/9/lineitems?type_id=3&limit=2&from=2"
    assert next_page(answer("ags/lineitems-paging-limit-last")) is None


def test_canvas_page_tokens_stay_byte_for_byte() -> None:
    assert (
        links(CANVAS)["next"] == "https://c.example/api/v1/courses/1/assignments?page=bookmark:WyJ,;x%2c&per_page=100"
    )


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None),
        ("nonsense", None),
        ("<https://a.example/2>", None),
        ("<https://a.example/2>; rel=next", "https://a.example/2"),
        ('<https://a.example/2>; title="a, b"; REL="Next"', "https://a.example/2"),
        ('<https://a.example/2>; rel="last next"', "https://a.example/2"),
        ('</page/2>; rel="next"', "https://a.example/page/2"),
        ("<https://a.example/\u00fc>; rel=\u201cnext\u201d".encode().decode("latin-1"), "https://a.example/\u00fc"),
    ],
)
def test_link_headers_of_all_kinds(header: str, found: str | None) -> None:
    assert next_page(Answer(200, {"link": header}, b"", "https://a.example/1")) == found


def chain(url: str) -> Answer:
    number = int(url.rsplit("/", 1)[1])
    return Answer(200, {"link": f'<https://a.example/{number + 1}>; rel="next"'}, b"", url)


def test_pages_that_never_end_are_stopped() -> None:
    with pytest.raises(OddAnswer, match="do not end"):
        list(pages(chain, "https://a.example/1", most=20))


def test_pages_that_lead_in_a_circle_are_stopped() -> None:
    with pytest.raises(OddAnswer):
        list(pages(lambda url: Answer(200, {"link": f"<{url}>; rel=next"}, b"", url), "https://a.example/1"))


def test_a_next_page_without_https_gets_no_token() -> None:
    asked: list[str] = []

    def fetch(url: str) -> Answer:
        asked.append(url)
        return Answer(200, {"link": "<http://a.example/2>; rel=next"}, b"", url)

    with pytest.raises(OddAnswer, match="https"):
        list(pages(fetch, "https://a.example/1"))
    assert asked == ["https://a.example/1"]
