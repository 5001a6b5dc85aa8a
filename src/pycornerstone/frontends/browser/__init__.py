"""A page that shows viewports of Python in a browser."""
