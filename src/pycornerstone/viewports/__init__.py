"""What is on show: a camera, a presentation, and an image or a stack of them."""
