"""Models tuned on one's own answers: what is masked, what an example is, what training costs."""
