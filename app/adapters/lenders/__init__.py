"""Other lenders, to whom referrals are handed over: the local twin, and any that speaks HTTP."""

from app.adapters.lenders.http import HttpLenders
from app.adapters.lenders.twin import Knobs, LenderTwin

__all__ = ["HttpLenders", "Knobs", "LenderTwin"]
