"""Products, region packs and dated policy data: what can be had where, on which terms."""
