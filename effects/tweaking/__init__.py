"""A piece with its latent changed: a cover of it."""
