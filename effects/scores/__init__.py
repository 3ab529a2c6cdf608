"""What is played in a stem, as it was heard or as it should have been: notes, strokes, bars."""
