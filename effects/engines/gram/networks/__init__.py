"""Published networks as engines, with their own layers and preprocessing."""
