"""How the shipped networks of the latent are trained."""
