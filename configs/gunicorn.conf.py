"""Gunicorn at scale: `gunicorn -c configs/gunicorn.conf.py wsgi:app`, beside any number of `lti-tool worker`.

At least two threads: while the tool asks the LMS for a token, the LMS fetches the tool's keys.
"""

import os

bind = os.environ.get("LTI_TOOL_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
timeout = 60
preload_app = True
"""The tool is read once and shared; nothing is open before the workers are there. A new version needs a restart."""
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None
loglevel = "warning"
