"""Scripts and styles: kept by browsers for as long as they are the same."""

import re
from pathlib import Path

from flask import Flask

from lti_tool.web import static_files


def cached(app: Flask, address: str) -> str:
    with app.test_client().get(address) as answer:
        assert answer.status_code == 200, address
        assert answer.get_data()
        return answer.headers["Cache-Control"]


def test_every_file_of_a_page_is_kept_for_a_year_and_never_asked_for_again(app: Flask) -> None:
    page = app.test_client().get("/lti/launch").get_data(as_text=True)
    addresses = re.findall(r'(?:src|href)="(/static[^"]+)"', page)
    assert {address.rpartition(".")[2] for address in addresses} == {"css", "js", "svg"}
    for address in addresses:
        kept = cached(app, address)
        assert "immutable" in kept
        assert "max-age=31536000" in kept


def test_an_address_of_another_version_brings_the_file_of_today_and_is_asked_again(app: Flask) -> None:
    for address in ("/static-0123456789ab/js/main.js", "/static/icon.svg"):
        assert cached(app, address) == "no-cache"


def test_nothing_outside_the_folder_is_served(app: Flask) -> None:
    for path in ("../headers.py", "%2e%2e/headers.py", "js/../../headers.py", "nothing.js"):
        assert app.test_client().get(f"/static-x/{path}").status_code == 404


def test_the_version_follows_names_and_contents(tmp_path: Path) -> None:
    versions = []
    for name, words in {"a.js": "1", "b.js": "1", "sub/a.js": "1"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(words)
        static_files.version_of.cache_clear()
        versions.append(static_files.version_of(tmp_path))
    (tmp_path / "a.js").write_text("2")
    static_files.version_of.cache_clear()
    versions.append(static_files.version_of(tmp_path))
    assert len(set(versions)) == 4
    (tmp_path / "a.js").write_text("1")
    static_files.version_of.cache_clear()
    assert static_files.version_of(tmp_path) == versions[2]
