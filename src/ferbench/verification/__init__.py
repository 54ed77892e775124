"""Are the results what they say? Made again elsewhere, held against records, handed over."""
