"""Command lines: thin, each with a `main(argv)` that returns its exit code."""
