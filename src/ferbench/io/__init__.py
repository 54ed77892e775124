"""Files that appear whole or not at all, archives, and what is wrong with a file."""
