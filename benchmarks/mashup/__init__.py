"""How good is a mashup? Pairs of songs whose parts and beats are known."""
