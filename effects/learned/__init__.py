"""Trained weights from files, read so that none can do harm."""
