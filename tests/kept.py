"""What a test process makes once and keeps: compiled templates, routes and statements, and RSA keys. An application of
its own for each test would make all of it again, which was more than half of the suite's time."""

import gc
import json
import socket
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from socketserver import BaseServer
from threading import Lock
from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from joserfc.jwk import RSAKey
from sqlalchemy import Engine
from werkzeug.routing import Map, Rule, RuleFactory

from lti_tool.kit.db import db

gc.set_threshold(50_000, 20, 50)  # a test's objects are few and the kept ones many: looking through them costs a tenth


class Remembered(BytecodeCache):
    """Compiled templates in memory, by their source's checksum."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key, bucket.checksum] = bucket.code


REMEMBERED = Remembered()


_bound: dict[str, Rule] = {}


class Routes(Map):
    """Takes over the rules that an application before had too: to read and compile them is most of making one. Rules
    find their converters through the map they were bound to, and those are the same in all."""

    def add(self, rulefactory: RuleFactory) -> None:
        for given in rulefactory.get_rules(self):
            key = repr(vars(given))
            if key not in _bound:
                _bound[key] = given
                given.bind(self)
            rule = _bound[key]
            self._matcher.add(rule)
            self._rules_by_endpoint.setdefault(rule.endpoint, []).append(rule)
        self._remap = True


Flask.url_map_class = Routes


class Statements:
    """Compiled statements of all engines for one kind of database; an engine's own cache ends with it."""

    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return self.kept.get(key[1:], default)  # first comes the engine's dialect, by identity

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self.kept[key[1:]] = compiled


STATEMENTS: defaultdict[str, Statements] = defaultdict(Statements)


KEYS = 16
"""No test makes so many, nor does what is made for it, that two of them would be the same."""
_binding: Any = RSAKey.binding
_generate, _import = _binding.generate_private_key, _binding.import_private_key
_imported: dict[str, Any] = {}
_one_at_a_time = Lock()


@dataclass
class Keys:
    """Keys that are made in one phase of a test; those of another phase are always other ones, so that a key made by a
    test is foreign to whom was there before it."""

    most: int | None = KEYS
    made: list[Any] = field(default_factory=list)
    turn: int = 0

    def next(self) -> Any:
        """A tenth of a second each: they come round again."""
        with _one_at_a_time:
            turn = self.turn % self.most if self.most else self.turn
            self.turn += 1
            if turn == len(self.made):
                self.made.append(_generate(2048))
                _imported[_name(_binding.export_private_key(self.made[-1]))] = self.made[-1]
            return self.made[turn]


PHASES = {"collection": Keys(most=None), "setup": Keys(), "call": Keys()}
_phase = ["collection"]


def now_in(phase: str) -> None:
    _phase[:] = [phase]


def _generate_private_key(size: int) -> Any:
    return PHASES[_phase[0]].next() if size == 2048 else _generate(size)


def _import_private_key(parts: dict[str, str]) -> Any:
    """The check of a private key takes nearly as long as making one."""
    name = _name(parts)
    if name not in _imported:
        _imported[name] = _import(parts)
    return _imported[name]


def _name(parts: dict[str, str]) -> str:
    return json.dumps({part: parts.get(part) for part in ("n", "e", "d", "p", "q", "dp", "dq", "qi", "oth")})


_binding.generate_private_key = staticmethod(_generate_private_key)
_binding.import_private_key = staticmethod(_import_private_key)


_shutdown = BaseServer.shutdown


def shutdown(self: BaseServer) -> None:
    """At once. A server's loop sees that it shall end when its interval is over, or when somebody comes."""
    self._BaseServer__shutdown_request = True  # type: ignore[attr-defined]
    with suppress(OSError), socket.create_connection(self.server_address[:2], 1):  # type: ignore[arg-type]
        _shutdown(self)


BaseServer.shutdown = shutdown  # type: ignore[method-assign]


FIRST: dict[str, Engine] = {}
"""The first engine for each database of PostgreSQL. Later ones take over its connections: each new one would be a new
process there, which reads the whole catalogue before anything else."""


def compiled_once(app: Flask) -> Flask:
    app.jinja_env.bytecode_cache = REMEMBERED
    with app.app_context():
        engine = db.engine
    engine._compiled_cache = STATEMENTS[engine.dialect.name]  # type: ignore[assignment]
    if engine.dialect.name == "postgresql":
        first = FIRST.setdefault(engine.url.render_as_string(hide_password=False), engine)
        engine.pool, engine.dialect = first.pool, first.dialect
    return app


def put_away() -> None:
    """In an application's context, when it is done with: its session and the connections that are its own."""
    db.session.remove()
    if all(db.engine.pool is not first.pool for first in FIRST.values()):
        db.engine.dispose()


def forget_connections(address: str) -> None:
    """They were cut, or their database is gone."""
    if first := FIRST.pop(address, None):
        first.pool.dispose()
