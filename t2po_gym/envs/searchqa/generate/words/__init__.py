"""Wording of generated worlds, a file per kind of thing; ``wording.py`` reads them."""
