"""Compares imported models with ultralytics' own inference.

    compare_with_ultralytics.py QUIRE [--network yolo11n ...] [--checkpoint best.pt ...]

QUIRE is the `quire` command. For each network, a checkpoint with random weights is made; a checkpoint is taken as it is.
Each is imported with `quire model import`, and both sides see the same noise, at two sizes. The boxes of all anchors must
agree within 0.01 pixels and the probabilities within 0.0001. The exit status is 1 if any does not.

It needs the Python packages ultralytics, torch and onnxruntime, and is run by hand: they are too large for continuous
integration.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("YOLO_OFFLINE", "true")

import numpy
import onnxruntime
import torch
from ultralytics.nn.tasks import DetectionModel

PIXELS = 0.01
PROBABILITY = 0.0001
CLASSES = ["Key Icon", "Divider", "Page Header", "Case Caption", "Footnotes"]
SIZES = [(640, 416), (320, 320)]


def random_checkpoint(network: str, directory: Path) -> Path:
    torch.manual_seed(8)
    model = DetectionModel(f"{network}.yaml", nc=len(CLASSES), verbose=False)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    model.names = dict(enumerate(CLASSES))
    path = directory / f"{network}.pt"
    torch.save({"ema": None, "model": model.eval().half(), "train_args": {"imgsz": 640}}, path)
    return path


def theirs(checkpoint: Path):
    # This executes the pickle. Compare only checkpoints that you trust.
    content = torch.load(checkpoint, map_location="cpu", weights_only=False)
    model = (content.get("ema") or content["model"]).float().eval()
    head = model.model[-1]
    # The same head gives boxes as corners if each object is found once.
    corners = head.end2end
    branch = "one2one" if corners else "one2many"

    def run(image):
        with torch.no_grad():
            _, raw = model(torch.from_numpy(image))
            output = head._inference(raw.get(branch, raw))[0].numpy()
        if corners:
            low, high = output[0:2].copy(), output[2:4].copy()
            output[0:2], output[2:4] = (low + high) / 2, high - low
        return output

    return run


def ours(quire: str, checkpoint: Path, home: Path):
    subprocess.run(
        [quire, "model", "import", str(checkpoint), "--name", "compared", "--home", str(home)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    session = onnxruntime.InferenceSession(home / "models/compared.onnx", providers=["CPUExecutionProvider"])
    return lambda image: session.run(None, {"images": image})[0][0]


def agrees(quire: str, checkpoint: Path) -> bool:
    with tempfile.TemporaryDirectory() as home:
        mine, reference = ours(quire, checkpoint, Path(home)), theirs(checkpoint)
    noise = numpy.random.default_rng(8)
    pixels = probability = anchors = 0
    for height, width in SIZES:
        image = noise.random((1, 3, height, width), dtype=numpy.float32)
        found, expected = mine(image), reference(image)
        assert found.shape == expected.shape, f"{found.shape} instead of {expected.shape}"
        pixels = max(pixels, float(numpy.abs(found[:4] - expected[:4]).max()))
        probability = max(probability, float(numpy.abs(found[4:] - expected[4:]).max()))
        anchors += found.shape[1]
    good = pixels <= PIXELS and probability <= PROBABILITY
    print(f"{checkpoint.name}: {anchors} anchors, {pixels:.6f} px, {probability:.7f} {'ok' if good else 'TOO FAR'}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("quire")
    parser.add_argument("--network", nargs="*", default=[])
    parser.add_argument("--checkpoint", nargs="*", type=Path, default=[])
    arguments = parser.parse_args()
    networks = arguments.network
    if not networks and not arguments.checkpoint:
        networks = ["yolov8n", "yolo11n", "yolo11m"]
    with tempfile.TemporaryDirectory() as directory:
        checkpoints = arguments.checkpoint + [random_checkpoint(network, Path(directory)) for network in networks]
        results = [agrees(arguments.quire, checkpoint) for checkpoint in checkpoints]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
