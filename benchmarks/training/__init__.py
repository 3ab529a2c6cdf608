"""Trains the weights that are shipped: of the network that decides which notes there are."""
