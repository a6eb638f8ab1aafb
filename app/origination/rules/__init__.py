"""The values and decisions of origination; pure."""
