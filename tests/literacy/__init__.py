"""Tests of literacy."""
