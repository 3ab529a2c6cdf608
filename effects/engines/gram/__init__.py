"""Engines that move a spectrogram until its Gram matrices are the style's."""
