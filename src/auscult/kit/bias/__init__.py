"""What attacks on the telling of a vignette share, their gate, their controls and their figures."""
