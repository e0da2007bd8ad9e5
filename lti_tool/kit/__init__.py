"""The ground floor: database, outbox, jobs, HTTP, secrets, clock. It knows no LTI and no course."""
