"""Tagging by region and actor."""
