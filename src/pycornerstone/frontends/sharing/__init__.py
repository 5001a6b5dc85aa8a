"""What the servers have in common: what they show, and who may see it."""
