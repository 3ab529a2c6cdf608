"""A piece between two others: its notes and strokes, and how they sound."""
