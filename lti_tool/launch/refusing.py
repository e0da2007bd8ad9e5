"""What happens to every refusal at this room's doors: counted by its reason, logged without a word about people, and
shown inside the LMS's frame."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lti_tool.kit.log import get_logger
from lti_tool.launch import metrics
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.oidc import frames_of
from lti_tool.launch.queries import PlatformInfo
from lti_tool.web.headers import allow_frames_of

log = get_logger(__name__)


@contextmanager
def refusals_counted(platform: Callable[[], PlatformInfo | None] = lambda: None) -> Iterator[None]:
    """`platform` says which LMS it is, as far as that is known when the refusal comes. While it is not, any site may
    frame the page: it holds nothing but words."""
    try:
        yield
    except Refused as refused:
        known = platform()
        metrics.REFUSALS.labels(refused.reason).inc()
        log.info("launch.refused", reason=refused.reason, platform=known.id if known is not None else None)
        allow_frames_of(*(frames_of(known) if known is not None else ("*",)))
        raise
