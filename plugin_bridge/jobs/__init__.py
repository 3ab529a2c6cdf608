"""Jobs, from request to finished file; nothing here knows how a job arrived."""
