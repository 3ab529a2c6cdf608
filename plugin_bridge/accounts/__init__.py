"""Whose a request is: API keys, owners, and what each may do."""
