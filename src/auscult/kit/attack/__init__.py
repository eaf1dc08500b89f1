"""What attacks on the text of a question share, and the gate that every mutant passes."""
