"""Privacy scenarios: their made-up people, their prompts, their table, estimates and findings."""
