"""A DICOMweb server (PS3.18) over whatever can be opened; imported when it is asked for."""
