"""What is known of an imageId: providers, and readers of DICOM, NIfTI and picture headers."""
