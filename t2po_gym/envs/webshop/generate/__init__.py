"""The generated catalogue: products from word lists."""
