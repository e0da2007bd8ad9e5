"""The LMS's side of the wall: clients that read and write an LMS and hand over frozen values."""
