"""A latent space of music: music as a few numbers for every four seconds, and back."""
