"""Several judges read one answer, and a rule declared beforehand says what comes of it."""
