"""Work on everything sealed: renewing it, forgetting people, proving and carrying keys."""
