"""Makes tests/data/nn/preprocess.safetensors and preprocess_configs.json: small images, preprocessing configurations, and
the pixels that the reference implementations make of them; and timm_inputs.json: what timm does for networks that it only
knows by name.

Run with transformers 5.24.0, torch 2.15.0, torchvision 0.29.2, timm 1.0.31, torchxrayvision 1.5.7, Pillow 13.0.0:
    python make_preprocess_goldens.py ../data/nn

Tensors, N being the number of an image:
    image.N                  uint8 [h, w, 3]
    pil.NAME.N               uint8 [h, w, 3], transformers' PIL backend, neither rescaled nor normalised
    torchvision.NAME.N       likewise, its torchvision backend, of a few images; missing where it is the same as the former,
                             and for the filters that torchvision does not have for tensors
    values.NAME              float32 [3, h, w], the PIL backend's pixel_values of image 0
    timm.NAME.N              uint8 [h, w, 3], timm's create_transform
    transforms.EDGE.CROP.FILTER.N   uint8, torchvision's Resize(EDGE) and CenterCrop(CROP)
    xray.SIDE.N              float32 [side, side], TorchXRayVision, -1024 to 1024
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
import torchxrayvision as xrv
import transformers
from PIL import Image
from safetensors.numpy import save_file
from timm.data import create_transform, resolve_data_config, resolve_model_data_config

SIZES = [(61, 40), (40, 61), (7, 5), (90, 9), (9, 77), (33, 33), (20, 16)]  # width, height
FEW = (0, 2, 4)  # images that are enough where the sizes are not what is tested
FILTERS = ("nearest", "lanczos", "box", "hamming")


def picture(width, height):
    """Waves, noise and sharp edges, different in each channel."""
    rng = np.random.default_rng(width * 1000 + height)
    y, x = np.mgrid[0:height, 0:width]
    waves = [127.5 + 90 * np.sin(x / (3 + c) + y / (5 - c)) for c in range(3)]
    pixels = np.stack(waves, axis=2) + rng.normal(0, 25, (height, width, 3))
    pixels[(x // 6 + y // 5) % 4 == 0] = [255, 0, 30]
    return np.clip(pixels, 0, 255).astype(np.uint8)


def square(side):
    return {"height": side, "width": side}


PROCESSORS = {  # as preprocessor_config.json has them
    "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 14, "width": 18}, "resample": 2},
    "vit_old": {"feature_extractor_type": "ViTFeatureExtractor", "size": 20, "do_normalize": True, "do_resize": True,
                "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.25, 0.3]},
    "deit_fast": {"image_processor_type": "DeiTImageProcessorFast", "size": square(23), "crop_size": square(20),
                  "do_center_crop": True, "resample": 3},
    "deit_old": {"feature_extractor_type": "DeiTFeatureExtractor", "size": 24, "crop_size": 19},
    "blip": {"image_processor_type": "BlipImageProcessor", "size": square(20), "do_pad": True, "size_divisor": 32},
    "clip": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 20}, "crop_size": square(20)},
    "clip_old": {"feature_extractor_type": "CLIPFeatureExtractor", "size": 20, "crop_size": 20, "resample": 3},
    "bit": {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 23}, "crop_size": square(20),
            "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]},
    "convnext": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 20}, "crop_pct": 0.875},
    "convnext_old": {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 19, "resample": 3},
    "mobilenet_v1": {"image_processor_type": "MobileNetV1ImageProcessor", "size": {"shortest_edge": 24},
                     "crop_size": square(21)},
    "mobilenet_v2_pil": {"image_processor_type": "MobileNetV2ImageProcessorPil", "size": {"shortest_edge": 24},
                         "crop_size": {"height": 16, "width": 21}},
    "padded": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 9}, "crop_size": square(20)},
    "limited": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 20, "longest_edge": 27},
                "crop_size": square(20)},
    "unresized": {"image_processor_type": "CLIPImageProcessor", "do_resize": False, "crop_size": square(20)},
    "nearest": {"image_processor_type": "ViTImageProcessor", "size": square(20), "resample": 0},
    "lanczos": {"image_processor_type": "CLIPImageProcessor", "size": 20, "crop_size": 20, "resample": 1},
    "box": {"image_processor_type": "CLIPImageProcessor", "size": 21, "crop_size": 20, "resample": 4},
    "hamming": {"image_processor_type": "CLIPImageProcessor", "size": 21, "crop_size": 20, "resample": 5},
}

TIMM = {  # pretrained_cfg of config.json
    "center": {"input_size": [3, 20, 20], "interpolation": "bicubic", "crop_pct": 0.875, "crop_mode": "center"},
    "plain": {"input_size": [3, 20, 20], "interpolation": "bilinear", "crop_pct": 1.0},
    "oblong": {"input_size": [3, 16, 24], "interpolation": "bicubic", "crop_pct": 0.9},
    "squash": {"input_size": [3, 20, 22], "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "squash"},
    "border": {"input_size": [3, 20, 20], "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "border",
               "mean": [0.485, 0.456, 0.406]},
    "nearest": {"input_size": [3, 20, 20], "interpolation": "nearest", "crop_pct": 0.875},
}

TRANSFORMS = [(23, 20, "bilinear"), (20, 20, "bicubic"), (12, 20, "bilinear"), (24, 19, "bilinear")]


def processor(config, backend):
    name = config.get("image_processor_type") or config["feature_extractor_type"]
    name = name.replace("FeatureExtractor", "ImageProcessor").removesuffix("Fast").removesuffix("Pil")
    kind = getattr(transformers, name + ("Pil" if backend == "pil" else ""))
    made = kind.from_dict({key: value for key, value in config.items() if not key.endswith("_type")})
    assert made.backend == backend, (name, made.backend)
    return made


TIMM_NETWORKS = "|".join((
    r"resnet(18|34|50|101|152)", r"densenet(121|161|169|201)", r"mobilenetv2_(035|050|075|100|140)",
    r"mobilenetv3_(large_(075|100)|small_(050|075|100))", r"(tf_)?efficientnet_(b[0-8]|lite[0-4])",
    r"convnext_(atto|femto|pico|nano|tiny|small|base|large|xlarge)",
    r"convnextv2_(atto|femto|pico|nano|tiny|small|base|large|huge)",
    r"vit_(tiny|small|base|large|huge)_patch(8|14|16|32)_(224|384)", r"vit_[a-z]+_patch14(_reg4)?_dinov2",
    r"deit_(tiny|small|base)(_distilled)?_patch16_(224|384)", r"deit3_(small|medium|base|large|huge)_patch1[46]_(224|384)"))


def levels(made, pixels):
    """What a processor makes of an image before rescaling: uint8 [h, w, 3]."""
    values = made(Image.fromarray(pixels), do_rescale=False, do_normalize=False, do_convert_rgb=True, return_tensors="np")
    values = np.asarray(values["pixel_values"])[0].transpose(1, 2, 0)
    assert values.dtype == np.uint8, values.dtype
    return np.ascontiguousarray(values)


def timm_levels(config, pixels):
    transform = create_transform(**resolve_data_config(pretrained_cfg=config), normalize=False)
    return np.ascontiguousarray(transform(Image.fromarray(pixels)).numpy().transpose(1, 2, 0))


def timm_inputs():
    """Configurations, each with the networks that timm gives it by default."""
    names = {}
    for name in timm.list_models():
        if not re.fullmatch(TIMM_NETWORKS, name):
            continue
        with torch.device("meta"):
            config = resolve_model_data_config(timm.create_model(name, pretrained=False))
        names.setdefault(json.dumps(config), []).append(name)
    return [{"pretrained_cfg": json.loads(config), "names": group} for config, group in names.items()]


def transforms_levels(edge, crop, name, pixels):
    mode = torchvision.transforms.InterpolationMode(name)
    resize = torchvision.transforms.Resize(edge, interpolation=mode)
    return np.asarray(torchvision.transforms.CenterCrop(crop)(resize(Image.fromarray(pixels)))).copy()


def xray_values(side, pixels):
    grey = xrv.datasets.normalize(pixels, 255).mean(2)[None]
    steps = torchvision.transforms.Compose([xrv.datasets.XRayCenterCrop(), xrv.datasets.XRayResizer(side)])
    return np.ascontiguousarray(steps(grey)[0]).astype(np.float32)


def main(folder):
    images = [picture(width, height) for width, height in SIZES]
    images.append(np.full((30, 41, 3), 240, np.uint8))  # all bright: what lies beyond the border of an X-ray shows
    images[-1][3:9, 5:20] = [200, 210, 230]
    tensors = {f"image.{n}": pixels for n, pixels in enumerate(images)}
    for name, config in PROCESSORS.items():
        pil, fast = processor(config, "pil"), processor(config, "torchvision")
        for n, pixels in enumerate(images[:-1]):
            if name in FILTERS and n not in FEW:
                continue
            tensors[f"pil.{name}.{n}"] = levels(pil, pixels)
            if n not in FEW or config.get("resample") in (Image.Resampling.BOX, Image.Resampling.HAMMING):
                continue
            other = levels(fast, pixels)
            if not np.array_equal(other, tensors[f"pil.{name}.{n}"]):
                tensors[f"torchvision.{name}.{n}"] = other
        if name in ("vit_old", "clip"):
            values = pil(Image.fromarray(images[0]), return_tensors="np")["pixel_values"]
            tensors[f"values.{name}"] = np.ascontiguousarray(np.asarray(values)[0]).astype(np.float32)
    for name, config in TIMM.items():
        for n in (*FEW, 3):
            tensors[f"timm.{name}.{n}"] = timm_levels(config, images[n])
    for edge, crop, name in TRANSFORMS:
        for n in (*FEW, 3):
            tensors[f"transforms.{edge}.{crop}.{name}.{n}"] = transforms_levels(edge, crop, name, images[n])
    for side in (12, 36):
        for n in (0, 1, 5, len(images) - 1):
            tensors[f"xray.{side}.{n}"] = xray_values(side, images[n])
    save_file(tensors, folder / "preprocess.safetensors")
    (folder / "preprocess_configs.json").write_text(
        json.dumps({"processors": PROCESSORS, "timm": TIMM}, indent=1) + "\n")
    (folder / "timm_inputs.json").write_text(json.dumps(timm_inputs(), indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
