"""Runs a plan: durable by replay, flat in memory, polite to endpoints, bounded in spend."""
