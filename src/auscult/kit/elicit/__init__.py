"""Prompts that bring hallucination out, each beside a twin whose premise is true."""
