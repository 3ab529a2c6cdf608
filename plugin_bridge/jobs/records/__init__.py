"""What is written down: jobs, uploads, keys and usage, in SQLite or PostgreSQL."""
