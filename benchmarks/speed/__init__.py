"""How long things take, and what memory they need."""
