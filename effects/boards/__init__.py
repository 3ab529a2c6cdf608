"""Effects in Python that stand in a chain: what one promises, and what runs several."""
