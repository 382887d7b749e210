"""The corpus's figures, drawn by code: `python -m figures` writes every SVG into its entry's folder.

One module per topic, each with a `FIGURES` list; `drawing` holds the pencil they share. The same code gives the same bytes.
"""
