"""Moments and ages in words."""

from datetime import datetime, timedelta


def when(moment: datetime) -> str:
    return f"{moment.day} {moment:%b, %H:%M} UTC"


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def age(span: timedelta) -> str:
    """`3 hours`, `12 days`."""
    if span < timedelta(minutes=1):
        return "less than a minute"
    for size, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if span >= size:
            number = span // size
            return f"{number} {name}{'s' if number > 1 else ''}"
    return ""
