"""Prompts, tables and estimates of `cares/uncertainty`."""
