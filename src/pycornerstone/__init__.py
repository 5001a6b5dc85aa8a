"""Any medical image by its imageId: as an array, on screen, or on a server."""
