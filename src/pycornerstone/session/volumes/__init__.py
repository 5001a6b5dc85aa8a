"""Volumes on their way: from imageIds, in any order, to one array that fills."""
