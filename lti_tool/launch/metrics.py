"""What operators watch: launches, refusals by reason, the outbox. Counts of this process, never people."""

from prometheus_client import Counter, Gauge

LAUNCHES = Counter("waymark_launches_total", "Launches that were let in.")
REFUSALS = Counter("waymark_launch_refusals_total", "Logins and launches that were refused.", ["reason"])
OUTBOX_DUE = Gauge("waymark_outbox_due", "Events that are due and not delivered yet.")
OUTBOX_DEAD = Gauge("waymark_outbox_dead", "Events that were given up and wait for a person.")
