"""Effects written in Python: the contract they keep, and the boards that run several effects."""
