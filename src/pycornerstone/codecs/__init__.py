"""Step 2: from bytes to samples."""
