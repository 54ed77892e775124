"""What steps leave for each other: each file format, its reader and its writer together."""
