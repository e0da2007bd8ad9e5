from tests.launch.conftest import _push_request_context, client, lms, platform

__all__ = ["_push_request_context", "client", "lms", "platform"]
