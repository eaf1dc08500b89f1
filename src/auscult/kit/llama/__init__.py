"""The supervised child process that runs a GGUF model."""
