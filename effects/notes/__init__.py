"""Which notes a clip plays: when, at which pitch, how loud, and how sure that is.

Importing this loads neither onnxruntime nor the models.
"""
