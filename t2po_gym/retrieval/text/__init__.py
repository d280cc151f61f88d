"""From text to index terms, equal to Lucene's English analyser."""
