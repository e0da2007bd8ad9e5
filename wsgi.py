"""The WSGI entry point: `gunicorn -c configs/gunicorn.conf.py wsgi:app`."""

from lti_tool import create_app

app = create_app()
