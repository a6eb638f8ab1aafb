"""What `python -m app bench` measures, and how."""
