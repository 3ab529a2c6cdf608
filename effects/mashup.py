"""Mashup: two songs as one."""
