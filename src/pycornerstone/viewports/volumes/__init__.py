"""Volumes on show: planes through them, and what lies where on these."""
