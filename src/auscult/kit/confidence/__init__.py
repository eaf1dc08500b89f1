"""Texts asked for that may say less than their context: scenarios, arms, verdicts and figures."""
