"""What trains the network that hears two songs: material, training, and the ONNX file of it.

The material is written and rendered here, so the stems are known. It comes from charts that MMA
(Musical MIDI Accompaniment) plays in its grooves, under tunes of our own, and from MIDI pieces of
two games. What ``benchmarks.mashup`` is measured on is not among it: neither its writer, nor its
soundfont TimGM6mb (nor csound's bank, which has the same samples), nor any recording.
"""
