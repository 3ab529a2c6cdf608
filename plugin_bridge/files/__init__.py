"""Files in and out: sound, whole or not at all."""
