"""The client over HTTP, which needs nothing but the standard library."""
