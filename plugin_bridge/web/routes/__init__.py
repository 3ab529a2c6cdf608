"""What each address does: one module for each kind of thing."""
