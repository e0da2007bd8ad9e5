"""Templates and routes compile once a test process, not once an application: that was a third of the suite's time."""

from io import BytesIO
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class Remembered(BytecodeCache):
    """Compiled templates in memory, by their source's checksum."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self.kept.get((bucket.key, bucket.checksum)):
            bucket.load_bytecode(BytesIO(found))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


REMEMBERED = Remembered()


_compile, _compiled = Rule._compile_builder, {}  # type: ignore[var-annotated]


def _compile_builder(self: Rule, append_unknown: bool = True) -> Any:
    """What builds a rule's address hangs on its words alone: it finds converters through the rule it is bound to."""
    key = (self.rule, self.subdomain, self.host, repr(self.defaults), repr(self._trace), append_unknown)
    if key not in _compiled:
        _compiled[key] = _compile(self, append_unknown)
    return _compiled[key]


Rule._compile_builder = _compile_builder  # type: ignore[method-assign]


def compiled_once(app: Flask) -> Flask:
    app.jinja_env.bytecode_cache = REMEMBERED
    return app
