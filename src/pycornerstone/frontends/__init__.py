"""Where it is shown: the command line."""
