"""Word lists of the generated catalogue, as text files; ``departments.py`` reads them."""
