"""HTTP/2 as a phone speaks it, frame by frame: over any line, and within this process."""
