"""Training the latent on a folder of one's own music.

`train` does all of it. The steps, one file each: what is in the folder (`folder`), what is heard of
each piece (`material`), windows of that, moved about (`score_windows`, `timbre_windows`), the three
stages of learning (`bars`, `windows`, `timbre`) in one loop that can be stopped (`loop`), what they
can do afterwards (`judging`, `report`). What was learnt is one file
(`weights`), and its attributes another beside it.

``benchmarks.training.latent`` trains the shipped weights with the same stages and the same loop.
"""
