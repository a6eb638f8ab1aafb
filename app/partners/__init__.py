"""Whom we work with: funders, with their place on the published list, and guarantors."""
