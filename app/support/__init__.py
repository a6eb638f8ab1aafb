"""Support: the service desk's graph, the borrower's tickets, and every look on record."""
