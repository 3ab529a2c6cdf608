"""What trains the shipped networks of the latent: material, training, and the ONNX files of them.

    python -m benchmarks.training.latent.scores --out scores.npz
    python -m benchmarks.training.latent.clips --out clips.npz
    python -m benchmarks.training.latent.train --scores scores.npz --clips clips.npz --out FOLDER
    python -m benchmarks.training.latent.export FOLDER/score.pt FOLDER/timbre.pt

The stages and their loop are those of ``restyle latent train`` (`effects.latent.own`). The material
is other: scores are known and not heard, so mistakes are drawn into them as a transcription makes
them, and clips are rendered from soundfonts. What ``benchmarks.morph`` reports on is not among it:
neither its tunes (some clips have other ones of the same writer, `benchmarks.quality.triplets`),
nor the soundfont TimGM6mb (nor csound's bank, which has the same samples), nor any recording.

The shipped weights were made by a first version of these scripts, with the same material, losses
and settings; only the order of what is drawn was another.
"""
