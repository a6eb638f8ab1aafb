"""Outside systems, one file each with its local twin; only main and worker know them."""
