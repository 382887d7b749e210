"""Policy and HTTP over `index`."""
