"""Small models and golden values of the CNNs. Made with transformers 5.24, torchvision 0.29, timm 1.0.31,
torchxrayvision 1.5.7, torch 2.15.0.

Usage: python make_cnn_goldens.py ../data/models

Each model gets a folder: config.json as users have it, the weights, and golden.safetensors with the logits and every grid
(at most 2048 values of it, evenly spaced; `NAME.shape` is the whole shape). Where a family's sizes can be chosen, the
weights are in model.safetensors (float16). Published sizes are fixed for torchvision and timm: there weights.txt lists
names and shapes, and both sides make the values by the formula below (tests/nn/formula_weights.cpp).
"""
import json
import math
import pathlib
import sys

import numpy
import timm
import torch
import torchvision
import torchxrayvision
import transformers
from safetensors.torch import save_file

OUT = pathlib.Path(sys.argv[1])
VALUES = 2048
LABELS = 5


def noise(name, shape):
    """Numbers from -1 to 1 that follow from the name (FNV-1a) and the index (lowbias32)."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = numpy.arange(math.prod(shape), dtype=numpy.uint32) * numpy.uint32(0x9E3779B9) + numpy.uint32(seed)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x7FEB352D)
    x ^= x >> numpy.uint32(15)
    x *= numpy.uint32(0x846CA68B)
    x ^= x >> numpy.uint32(16)
    return torch.from_numpy((x / 2.0**31 - 1).astype(numpy.float32)).reshape(shape)


def values(name, shape):
    u = noise(name, shape)
    if name.endswith("running_mean") or name.endswith("bias"):
        return 0.2 * u
    if len(shape) == 1:
        return 1 + 0.5 * u
    return u * math.sqrt(6 / math.prod(shape[1:]))


def fill(model, half):
    state = model.state_dict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        made = values(name, tuple(tensor.shape))
        tensor.copy_(made.half().float() if half else made)
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def pixels(height, width, channels=3):
    return 2.0 * noise("pixels", (2, channels, height, width))


def run(model, x, grids):
    """Logits and the outputs of the named modules."""
    seen = {}

    def keep(name):
        def hook(module, inputs, output):
            seen[name] = output.detach().clone()
        return hook

    for name in grids:
        model.get_submodule(name).register_forward_hook(keep(name))
    logits = model(x)
    if not isinstance(logits, torch.Tensor):
        logits = getattr(logits, "logits", None)
    return logits, [seen[name] for name in grids]


def write(folder, config, model, x, grids, *, stored, logits=None, extra=None):
    path = OUT / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    golden = {"size": torch.tensor(x.shape[2:])} | (extra or {})
    if logits is not None:
        golden["logits"] = logits
    for i, grid in enumerate(grids):
        flat = grid.flatten()
        golden[f"grid{i}"] = flat[:: -(-flat.numel() // VALUES)].clone()
        golden[f"grid{i}.shape"] = torch.tensor(grid.shape)
    save_file(golden, path / "golden.safetensors")
    state = model.state_dict()
    if stored:
        half = {k: v.half().contiguous() if v.is_floating_point() else v for k, v in state.items()}
        save_file(half, path / "model.safetensors", metadata={"format": "pt"})
    else:
        lines = [f"{k} {' '.join(map(str, v.shape))}\n" for k, v in state.items() if v.is_floating_point()]
        (path / "weights.txt").write_text("".join(lines))
    size = sum(f.stat().st_size for f in path.iterdir()) // 1024
    print(folder, f"{size} kB", "grids", [f"{g.std().item():.3g}" for g in grids],
          "logits", None if logits is None else logits.std().item())


def hugging_face(folder, config, model_class, grids, size):
    model = fill(model_class(config), half=True)
    x = pixels(*size)
    logits, outputs = run(model, x, grids)
    stored = json.loads(config.to_json_string())
    stored["architectures"] = [model_class.__name__]
    write(folder, stored, model, x, outputs, stored=True, logits=logits)


def names(*labels):
    return {"id2label": dict(enumerate(labels)), "label2id": {l: i for i, l in enumerate(labels)}}


def torchvision_model(name, grids, last=lambda x: x):
    model = fill(getattr(torchvision.models, name)(num_classes=LABELS), half=False)
    x = pixels(64, 32)
    logits, outputs = run(model, x, grids)
    outputs[-1] = last(outputs[-1])
    config = {"library": "torchvision", "architecture": name, "num_classes": LABELS}
    write(f"torchvision-{name}", config, model, x, outputs, stored=False, logits=logits)


def timm_model(name, grids, size=(64, 32)):
    model = fill(timm.create_model(name, num_classes=LABELS), half=False)
    x = pixels(*size)
    logits, outputs = run(model, x, grids)
    published = timm.get_pretrained_cfg(name)
    config = {
        "architecture": name, "num_classes": LABELS, "num_features": model.num_features, "global_pool": "avg",
        "label_names": [f"class {i}" for i in range(LABELS)],
        "pretrained_cfg": {
            "tag": published.tag, "input_size": published.input_size, "interpolation": published.interpolation,
            "crop_pct": published.crop_pct, "crop_mode": published.crop_mode, "mean": published.mean,
            "std": published.std, "first_conv": published.first_conv, "classifier": published.classifier,
        },
    }
    write(f"timm-{name}", config, model, x, outputs, stored=False, logits=logits)


def stages(pattern, numbers):
    return [pattern.format(n) for n in numbers]


# Hugging Face.
resnet = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[16, 24, 32, 48], depths=[2, 1, 1, 1],
                                   downsample_in_bottleneck=True, hidden_act="silu", **names("cat", "dog", "owl"))
hugging_face("resnet", resnet, transformers.ResNetForImageClassification,
             stages("resnet.encoder.stages.{}", range(4)), (64, 32))
resnet = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 12, 16], depths=[1, 2, 1], layer_type="basic",
                                   downsample_in_first_stage=True)
hugging_face("resnet-basic", resnet, transformers.ResNetModel, stages("encoder.stages.{}", range(3)), (64, 32))
convnext = transformers.ConvNextConfig(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 2, 1], image_size=64,
                                       problem_type="multi_label_classification", **names("cat", "dog", "owl"))
hugging_face("convnext", convnext, transformers.ConvNextForImageClassification,
             stages("convnext.encoder.stages.{}", range(4)), (64, 32))
convnext = transformers.ConvNextV2Config(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 2, 1], **names("cat", "dog"))
hugging_face("convnextv2", convnext, transformers.ConvNextV2ForImageClassification,
             stages("convnextv2.encoder.stages.{}", range(4)), (64, 32))
# 72 and 40 become odd on the way, which TensorFlow pads in another way than even sizes.
mobilenet = transformers.MobileNetV2Config(depth_multiplier=0.2, expand_ratio=2.0, finegrained_output=False,
                                           **names("cat", "dog", "owl"))
GRIDS = ["mobilenet_v2.layer.1", "mobilenet_v2.layer.4", "mobilenet_v2.layer.11", "mobilenet_v2.conv_1x1"]
hugging_face("mobilenet_v2", mobilenet, transformers.MobileNetV2ForImageClassification, GRIDS, (72, 40))
mobilenet = transformers.MobileNetV2Config(depth_multiplier=0.1, depth_divisible_by=4, min_depth=4, expand_ratio=2.5,
                                           finegrained_output=False, tf_padding=False, first_layer_is_expansion=False,
                                           **names("cat", "dog", "owl"))
hugging_face("mobilenet_v2-plain-padding", mobilenet, transformers.MobileNetV2ForImageClassification, GRIDS, (64, 32))

# torchvision.
torchvision_model("resnet18", stages("layer{}", range(1, 5)))
torchvision_model("resnet50", stages("layer{}", range(1, 5)))
torchvision_model("densenet121", stages("features.{}", ["denseblock1", "denseblock2", "denseblock3", "norm5"]),
                  torch.relu)
torchvision_model("mobilenet_v2", stages("features.{}", [3, 6, 13, 18]))
torchvision_model("mobilenet_v3_large", stages("features.{}", [3, 6, 12, 16]))
torchvision_model("mobilenet_v3_small", stages("features.{}", [1, 3, 8, 12]))
torchvision_model("efficientnet_b1", stages("features.{}", [2, 3, 5, 8]))
torchvision_model("convnext_tiny", stages("features.{}", [1, 3, 5, 7]))

# timm.
timm_model("resnet34", stages("layer{}", range(1, 5)))
timm_model("densenet121", stages("features.{}", ["denseblock1", "denseblock2", "denseblock3", "norm5"]))
timm_model("mobilenetv2_100", ["blocks.1", "blocks.2", "blocks.4", "bn2"])
timm_model("mobilenetv3_large_100", ["blocks.1", "blocks.2", "blocks.4", "blocks.6"])
timm_model("mobilenetv3_small_050", ["blocks.0", "blocks.1", "blocks.3", "blocks.5"])
timm_model("efficientnet_b0", ["blocks.1", "blocks.2", "blocks.4", "bn2"])
timm_model("tf_efficientnet_lite2", ["blocks.1", "blocks.2", "blocks.4", "bn2"], (72, 40))
timm_model("convnext_tiny", stages("stages.{}", range(4)))
timm_model("convnextv2_atto", stages("stages.{}", range(4)))

# TorchXRayVision.
thresholds = [0.3, float("nan"), 0.6, 0.45]
model = torchxrayvision.models.DenseNet(growth_rate=4, block_config=(2, 3, 2, 2), num_init_features=8, num_classes=4)
model = fill(model, half=True)
x = pixels(64, 32, channels=1)
logits, outputs = run(model, x, stages("features.{}", ["denseblock1", "denseblock2", "denseblock3", "norm5"]))
model.op_threshs = torch.tensor(thresholds)
probabilities = model(x)
model.op_threshs = None
config = {
    "model_type": "torchxrayvision-densenet", "architectures": ["TorchXRayVisionDenseNet"],
    "pathologies": ["Edema", "", "Mass", "Lung Lesion"],
    "op_threshs": [None if math.isnan(t) else t for t in thresholds],
    "input_size": 64, "growth_rate": 4, "block_config": [2, 3, 2, 2], "num_init_features": 8,
}
outputs[-1] = torch.relu(outputs[-1])
write("torchxrayvision", config, model, x, outputs, stored=True, logits=logits, extra={"probabilities": probabilities})
