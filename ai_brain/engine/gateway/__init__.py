"""What other programs ask in their vendors' words, and how they are answered in them."""
