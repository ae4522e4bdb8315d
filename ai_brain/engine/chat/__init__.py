"""What a chat may look up, and how its answers cite it."""
