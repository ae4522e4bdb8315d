"""What is sent, and how many tokens it is."""
