"""Messaging: facts become notifications and text messages, in the borrower's language."""
