"""What calls would have cost otherwise, and what was saved for sure."""
