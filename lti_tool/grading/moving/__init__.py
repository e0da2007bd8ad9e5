"""A course goes from one framework version to another: its mapping and its evidence go along where the words allow."""
