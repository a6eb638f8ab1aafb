"""Bare cash flows as a person or a machine writes them in JSON."""

from app.loanmath.flows.document import FLOWS_MAX, convention_of, flows_from_json
from app.loanmath.flows.values import FlowsRefused

__all__ = ["FLOWS_MAX", "FlowsRefused", "convention_of", "flows_from_json"]
