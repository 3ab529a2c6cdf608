"""Which notes a clip plays: when, how high, how loud, and how sure that is.

Importing this loads neither onnxruntime nor the model.
"""
