"""API keys: whose a request is, and how much they may ask for."""
