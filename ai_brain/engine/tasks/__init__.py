"""What is asked of models besides chat: embeddings, and text for speech."""
