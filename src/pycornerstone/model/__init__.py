"""What travels along the way of the data: frozen values, no I/O."""
