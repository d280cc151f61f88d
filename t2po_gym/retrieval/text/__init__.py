"""Text to index terms, identical to Lucene's English analyser."""
