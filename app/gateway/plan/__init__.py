"""Documents compiled: a valid operation written as Python that answers as graphql-core would."""

from app.gateway.plan.guards import Guarded
from app.gateway.plan.plans import Plan, plan_of
from app.gateway.plan.selecting import NotPlanned

__all__ = ["Guarded", "NotPlanned", "Plan", "plan_of"]
