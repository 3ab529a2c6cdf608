"""Reading and writing files: sound, and results that are written whole or not at all."""
