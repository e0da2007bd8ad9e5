"""Connections, deliveries, privacy: what an institution's administrator looks after."""
