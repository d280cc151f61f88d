"""BM25 equal to Lucene's: building, storing and ranking over memory-mapped arrays."""
