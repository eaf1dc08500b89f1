"""How a model grades an open answer, and how that is measured."""
