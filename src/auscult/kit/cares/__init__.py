"""Rows, answers and metadata of the sources of CARES."""
