"""Counterfactual twins: cases, pairs, tables and estimates."""
