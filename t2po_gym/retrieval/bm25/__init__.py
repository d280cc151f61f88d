"""BM25 identical to Lucene's: building, storing and ranking over memory-mapped arrays."""
