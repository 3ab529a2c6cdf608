"""A song, listened to: its beats, bars, tempo, pitches and sections."""
