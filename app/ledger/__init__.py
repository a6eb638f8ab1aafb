"""Double-entry postings in a hash chain; never edited, only reversed."""
