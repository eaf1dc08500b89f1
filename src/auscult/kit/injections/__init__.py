"""Answers that speak to their judge, and how often each form of judge is moved by them."""
