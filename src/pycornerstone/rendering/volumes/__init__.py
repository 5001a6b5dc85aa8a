"""Volumes drawn: cuts through them, and their layers over each other."""
