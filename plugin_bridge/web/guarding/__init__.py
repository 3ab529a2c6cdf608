"""What is judged of a request before its body is read: whence, who, how often."""
