"""What the paper that this benchmark re-examines prints, and what that can support."""
