"""Grad-CAM, attention rollout and TorchXRayVision's scores of the small models of tests/data/models, computed with torch's
autograd and the reference implementations. Made with transformers 5.24, torchxrayvision 1.5.7, torch 2.15.0.

Usage: python make_explanation_goldens.py ../data/models ../data/explanations.safetensors

Pixels are formulas (tests/nn/explanation_test.cpp has the same). Per model: `NAME.labels` (number of the logit that is
explained, per image) and `NAME.map` [images, h, w], on no scale.
"""
import json
import pathlib
import sys

import numpy
import torch
import torchxrayvision
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageClassification

MODELS = pathlib.Path(sys.argv[1])
golden = {}


def wave(*shape):
    i = numpy.arange(numpy.prod(shape), dtype=numpy.float64)
    return numpy.sin(0.37 * i + 2 * numpy.sin(0.011 * i)).astype(numpy.float32).reshape(shape)


def keep(name, labels, maps):
    golden[name + ".labels"] = torch.tensor(labels)
    golden[name + ".map"] = maps.detach().float().contiguous()


def grad_cam(grid, logits, labels):
    grid.retain_grad()
    logits[range(len(labels)), labels].sum().backward()
    weights = grid.grad.mean((2, 3), keepdim=True)
    return torch.relu((weights * grid).sum(1))


def hugging_face(name, **options):
    return AutoModelForImageClassification.from_pretrained(MODELS / name, dtype=torch.float32, **options).eval()


def explain_cnn(name, labels, grid_of, logits_of):
    x = torch.from_numpy(wave(2, 3, 64, 64))
    grid = grid_of(x)
    keep(name, labels, grad_cam(grid, logits_of(grid), labels))


model = hugging_face("resnet")
explain_cnn("resnet", [1, 2], lambda x: model.resnet.encoder(model.resnet.embedder(x)).last_hidden_state,
            lambda grid: model.classifier(model.resnet.pooler(grid)))
model = hugging_face("convnext")
explain_cnn("convnext", [0, 2], lambda x: model.convnext.encoder(model.convnext.embeddings(x)).last_hidden_state,
            lambda grid: model.classifier(model.convnext.layernorm(grid.mean([-2, -1]))))


def explain_transformer(name, prefix, from_patches=False):
    model = hugging_face(name, attn_implementation="eager")
    x = torch.from_numpy(wave(2, 3, 24, 24))
    with torch.no_grad():
        attentions = model(x, output_attentions=True).attentions
    product = None
    for attention in attentions:
        a = attention.mean(1) + torch.eye(attention.shape[-1])
        a = a / a.sum(-1, keepdim=True)
        product = a if product is None else a @ product
    row = product[:, prefix:].mean(1) if from_patches else product[:, 0]
    keep(name, [0, 1], row[:, prefix:].reshape(2, 3, 3))


explain_transformer("vit", 1)
explain_transformer("deit", 2)
explain_transformer("dinov2-registers", 4)
explain_transformer("clip-classifier", 1, from_patches=True)

folder = MODELS / "torchxrayvision"
config = json.loads((folder / "config.json").read_text())
model = torchxrayvision.models.DenseNet(growth_rate=config["growth_rate"], block_config=tuple(config["block_config"]),
                                        num_init_features=config["num_init_features"],
                                        num_classes=len(config["pathologies"]))
model.load_state_dict({k: v.float() if v.is_floating_point() else v
                       for k, v in load_file(folder / "model.safetensors").items()})
model.eval()
model.op_threshs = torch.tensor([float("nan") if t is None else t for t in config["op_threshs"]])
# Little contrast, since random weights make much of it; the height is the input's, so that nothing is rounded on the way.
image = numpy.floor(127.5 + 0.6 * wave(64, 90)).astype(numpy.uint8)
pixels = torchxrayvision.datasets.normalize(image, 255)[None]
pixels = torchxrayvision.datasets.XRayCenterCrop()(pixels)
pixels = torch.from_numpy(torchxrayvision.datasets.XRayResizer(config["input_size"])(pixels)[None]).float()
golden["torchxrayvision.image"] = torch.from_numpy(image)
golden["torchxrayvision.scores"] = model(pixels).detach()
grid = torch.relu(model.features(pixels.repeat(3, 1, 1, 1)))
labels = [0, 2, 3]
keep("torchxrayvision", labels, grad_cam(grid, model.classifier(grid.mean((2, 3))), labels))

save_file(golden, sys.argv[2])
for name, value in golden.items():
    print(name, tuple(value.shape), value.flatten()[:6].tolist())
