"""Whether stream and batch agree on millions of events, each case on a stack of its own."""
