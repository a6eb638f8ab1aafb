"""Proofs of the loan arithmetic."""
