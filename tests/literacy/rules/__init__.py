"""Tests of literacy's rules."""
