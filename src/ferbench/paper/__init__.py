"""The paper that this benchmark is about: what it prints, and what its numbers can support."""
