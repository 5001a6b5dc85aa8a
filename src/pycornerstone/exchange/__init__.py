"""Volumes for other libraries, and in their files."""
