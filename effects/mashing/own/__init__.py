"""Training on a user's own mashups: a folder of them, each with the two songs it is made of.

`train` does all of it. The steps, one file each: which files belong together (`folder`), where in
its originals a mashup comes from (`pairing`), how much of each is heard in it (`gains`), the songs
as a network learns from them (`material`), learning (`training`), and what came of it (`report`).
What was learnt is one file (`weights`), with which `restyle mashup --weights` plays.
"""
