"""Sound as arrays: units, levels, spectra, and the way back to samples."""
