"""Templates compile once a test process, not once an application: a quarter of a second for each that renders."""

from io import BytesIO

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache


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


def compiled_once(app: Flask) -> Flask:
    app.jinja_env.bytecode_cache = REMEMBERED
    return app
