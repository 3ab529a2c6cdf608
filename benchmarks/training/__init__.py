"""How the weights that are shipped came about."""
