"""ONNX models: the data followed through their graph to recurrent nodes."""
