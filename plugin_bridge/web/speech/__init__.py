"""What requests and answers look like: bodies, header fields, problems, the OpenAPI document."""
