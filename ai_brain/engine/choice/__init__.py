"""Which provider: complexity, quality, ranking, experiments."""
