"""What a fit leaves behind: each file format, its reader and its writer together."""
