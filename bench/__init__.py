"""How fast and how small, against what people would use otherwise. The figures of the README come from `make bench`."""
