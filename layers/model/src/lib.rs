//! PyTorch checkpoint in, ONNX model out.
