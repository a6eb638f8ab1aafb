"""Borrowers and staff: who they are, how they sign in, and the sessions they hold."""
