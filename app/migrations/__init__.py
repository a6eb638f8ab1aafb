"""The schema's history, one numbered file a change, written by Tortoise."""
