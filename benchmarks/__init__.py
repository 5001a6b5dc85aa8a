"""What pycornerstone costs, as ratios against named peers run side by side in one process."""
