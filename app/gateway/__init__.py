"""The edge: HTTP in, one graph, HTTP out."""
