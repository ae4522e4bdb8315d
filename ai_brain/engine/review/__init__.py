"""Which answers a person looks at, and how far reviewers agree."""
