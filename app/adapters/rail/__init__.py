"""The payment rail: its local twin, a small provider for development."""

from app.adapters.rail.scenarios import QUIET, USUAL, Knobs, Scenario
from app.adapters.rail.twin import RailTwin

__all__ = ["QUIET", "USUAL", "Knobs", "RailTwin", "Scenario"]
