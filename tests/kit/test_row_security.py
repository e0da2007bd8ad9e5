"""The second lock: PostgreSQL itself, asked past the first one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from lti_tool import create_app
from lti_tool.kit.db import Base, db, everywhere, scoped, writing
from lti_tool.kit.outbox import OutboxRow
from lti_tool.kit.row_security import is_bypassed
from lti_tool.launch.models import Institution, Platform
from lti_tool.launch.views_health import PAST_ROW_SECURITY
from lti_tool.settings import load
from tests import factories as make
from tests.conftest import SECRETS
from tests.postgres import Databases, sqlalchemy_url

COUNT = "SELECT count(*) FROM person"
MOVE = "UPDATE person SET name = 'Taken' WHERE id = :id"


@pytest.fixture(scope="module")
def campus(postgres: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, list[Any]]]:
    """Two institutions with a course, a teacher and a learner each; the second's LMS belongs to the first."""
    folder = tmp_path_factory.mktemp("rows")
    with postgres.one() as url:
        jobs = f"sqlite:///{folder}/jobs.db"
        app = create_app(load(database_url=url, jobs_url=jobs, data_dir=folder, log_level="error", **SECRETS))
        app.extensions["waymark.bell"] = lambda: None
        with app.app_context():
            with everywhere(db.session()) as session, writing(session):
                one, two = make.make_institution(session), make.make_institution(session)
                first = make.make_platform(session, one)
                make.make_platform(session, two)
                courses = []
                for owner in (one, two):
                    place = make.make_deployment(session, first, institution_id=owner.id)
                    courses.append(make.make_course(session, place))
                people = [make.make_person(session, course) for course in courses]
                found = [(one.id, people[0].id), (two.id, people[1].id)]
            yield app, found
            db.session.remove()
            db.engine.dispose()


def raw(session: Session, sql: str, **values: Any) -> Any:
    return session.execute(text(sql), values)


def test_every_table_with_an_institution_has_a_policy_that_binds_its_owner_too(
    campus: tuple[Flask, list[Any]], postgres: Databases, tmp_path: Path
) -> None:
    with campus[0].app_context():
        where = str(db.engine.url.database)
        catalogue = db.session()
        found = raw(
            catalogue,
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, count(p.polname) FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'institution_id' AND NOT a.attisdropped"
            " LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relkind = 'r' GROUP BY 1, 2",
        ).all()
        catalogue.rollback()
        assert not is_bypassed(catalogue.connection())
    assert [name for name, forced, policies in found if not (forced and policies)] == []
    said = {table.name for table in Base.metadata.tables.values() if "institution_id" in table.c}
    assert said == {name for name, _, _ in found}
    assert len(said) > 20
    above = sqlalchemy_url(postgres.server, where, "postgres")
    with psycopg.connect(above.replace("+psycopg", "")) as superuser:
        assert superuser.execute(COUNT).fetchone() == (2,)
    assert campus[0].test_client().get("/readyz").text == "ready\n"
    jobs = "sqlite:////dev/null"
    careless = create_app(load(database_url=above, jobs_url=jobs, data_dir=tmp_path, log_level="error", **SECRETS))
    assert PAST_ROW_SECURITY in careless.test_client().get("/readyz").text
    with careless.app_context():
        db.session.remove()
        db.engine.dispose()


def test_raw_sql_sees_nothing_without_a_scope_and_its_own_rows_within_one(campus: tuple[Flask, list[Any]]) -> None:
    app, ((one, mine), (two, theirs)) = campus
    with app.app_context():
        session = db.session()
        tables = [table.name for table in Base.metadata.tables.values() if "institution_id" in table.c]
        for name in tables:
            assert raw(session, f"SELECT count(*) FROM {name} WHERE institution_id IS NOT NULL").scalar() == 0, name
        session.rollback()
        for scope, own in ((one, mine), (two, theirs)):
            with scoped(session, scope):
                assert raw(session, "SELECT id FROM person").scalars().all() == [own]
        with everywhere(session):
            assert raw(session, COUNT).scalar() == 2
        assert raw(session, COUNT).scalar() == 0  # in the same transaction, after the scope has ended
        session.rollback()
        with db.engine.connect() as bare:  # with no session at all
            assert bare.execute(text(COUNT)).scalar() == 0


def test_raw_sql_changes_moves_and_adds_no_row_of_others(campus: tuple[Flask, list[Any]]) -> None:
    app, ((one, mine), (two, theirs)) = campus
    refused: list[Callable[[Session], Any]] = [
        lambda s: raw(s, "UPDATE person SET institution_id = :to WHERE id = :id", to=two, id=mine),
        lambda s: raw(
            s,
            "INSERT INTO person (institution_id, platform_id, subject, name, email, is_test) "
            "SELECT :to, platform_id, 'x', '', '', false FROM person",
            to=two,
        ),
        lambda s: raw(
            s,
            "INSERT INTO outbox (institution_id, topic, payload, created_at, due_at, attempts) "
            "VALUES (:to, 't', '{}', now(), now(), 0)",
            to=two,
        ),
    ]
    with app.app_context():
        session = db.session()
        with scoped(session, one):
            assert raw(session, MOVE, id=theirs).rowcount == 0
            assert raw(session, "DELETE FROM person WHERE id = :id", id=theirs).rowcount == 0
            assert raw(session, "UPDATE launch SET viewer = NULL").rowcount == 0
            session.rollback()
            for wrong in refused:
                with pytest.raises(ProgrammingError, match="row-level security"):
                    wrong(session)
                session.rollback()
        assert raw(session, MOVE, id=mine).rowcount == 0
        session.rollback()
        with everywhere(session):
            assert raw(session, COUNT + " WHERE name = 'Taken'").scalar() == 0


def test_a_platform_is_read_where_it_is_installed_and_changed_by_its_owner_alone(
    campus: tuple[Flask, list[Any]],
) -> None:
    app, ((one, _), (two, _)) = campus
    with app.app_context():
        session = db.session()
        with scoped(session, one):
            assert raw(session, "SELECT count(*) FROM platform").scalar() == 1
            assert raw(session, "UPDATE platform SET name = 'Ours'").rowcount == 1
        with scoped(session, two):
            assert raw(session, "SELECT count(*) FROM platform").scalar() == 2
            changed = raw(session, "UPDATE platform SET name = 'Theirs' RETURNING institution_id")
            assert changed.scalars().all() == [two]
        session.rollback()


def test_the_scope_is_told_with_begin_and_once_a_change(campus: tuple[Flask, list[Any]]) -> None:
    app, ((one, _), (two, _)) = campus
    with app.app_context():
        session = db.session()
        session.rollback()
        heard: list[str] = []

        def hear(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
            heard.append(statement)

        event.listen(db.engine, "before_cursor_execute", hear)
        with scoped(session, one):
            raw(session, COUNT)
            with scoped(session, two), session.begin_nested() as savepoint:
                raw(session, COUNT)
                savepoint.rollback()
            assert raw(session, "SELECT current_setting('waymark.institution')").scalar() == str(one)
            session.commit()
            assert raw(session, "SELECT current_setting('waymark.institution')").scalar() == str(one)
        session.rollback()
        event.remove(db.engine, "before_cursor_execute", hear)
        assert len([one for one in heard if "SAVEPOINT" not in one]) == 4  # the scope is no statement of its own


def test_models_outside_a_scope_raise_before_they_are_asked(campus: tuple[Flask, list[Any]]) -> None:
    with campus[0].app_context():
        for model in (Platform, OutboxRow):
            with pytest.raises(RuntimeError, match="outside any institution"):
                db.session().query(model).all()
        assert db.session().query(Institution).count() == 2
        db.session().rollback()
