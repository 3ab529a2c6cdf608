"""What a sound file says beside its sound: title, artist, cover, and its place in time."""
