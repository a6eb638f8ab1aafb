"""Pushes by phone makers' own services, and the twin that stands in for them."""

from app.adapters.push.makers import Makers
from app.adapters.push.setting_up import makers_of
from app.adapters.push.twin import PushTwin

__all__ = ["Makers", "PushTwin", "makers_of"]
