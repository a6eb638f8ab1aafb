"""Pushes by phone makers' own services, and the twin that stands in for them."""

from app.adapters.push.twin import PushTwin

__all__ = ["PushTwin"]
