"""What a list of images is: their order, their geometry, their points in time, their sets."""
