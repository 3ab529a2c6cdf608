"""Two songs as one: which part goes where, and which of them is heard when, at which frequency."""
