"""Tiny random vision transformers and what the reference implementations make of them.

Made with transformers 5.24.0, timm 1.0.31, torchvision 0.29.2, torch 2.15.0, safetensors 0.8.

Usage: python make_vision_transformer_goldens.py ../data/models

Each folder is as users have it: config.json and model.safetensors (float16 numbers), and golden.safetensors beside them:
`pixels` and, computed in float32, `last`, `logits` where there is a classifier, and `attention`, the last block's. Inputs
of another size are `other.pixels` and `other.last`.
"""
import json
import sys
from pathlib import Path

import timm
import torch
import torchvision
from safetensors.torch import load_file, save_file
from transformers import (BlipConfig, BlipForConditionalGeneration, CLIPConfig, CLIPForImageClassification, CLIPModel,
                          CLIPVisionConfig, CLIPVisionModel, DeiTConfig, DeiTForImageClassificationWithTeacher,
                          DeiTForImageClassification, Dinov2Config, Dinov2ForImageClassification, Dinov2Model,
                          Dinov2WithRegistersConfig, Dinov2WithRegistersForImageClassification, GitConfig,
                          GitForCausalLM, ViTConfig, ViTForImageClassification, ViTModel)

ROOT = Path(sys.argv[1])
WIDTH, HEADS, LAYERS, HIDDEN = 24, 3, 2, 48
SIZES = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": HIDDEN}
IMAGE = {"image_size": 24, "patch_size": 8}


def randomise(model):
    """Weights with which every part of the output matters, exact in float16."""
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() >= 2 and "token" not in name and "position" not in name and "pos_embed" not in name:
                value = noise * (1.6 / parameter[0].numel() ** 0.5)
            elif name.endswith("bias"):
                value = noise * 0.2
            elif "norm" in name or "ln" in name or "scale" in name or "gamma" in name:
                value = 1 + noise * 0.3
            else:
                value = noise * 0.6
            parameter.copy_(value.half())
    return model.eval()


def pixels(size, seed=3):
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(seed))


def save_golden(folder, tensors):
    save_file({name: tensor.float().contiguous() for name, tensor in tensors.items()}, folder / "golden.safetensors")


def halve(folder):
    file = folder / "model.safetensors"
    tensors = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})


def hugging_face(name, model, vision, size, other=None, logits=False):
    """@param vision the part that makes last_hidden_state"""
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    model.set_attn_implementation("eager")
    randomise(model)
    x = pixels(size)
    with torch.no_grad():
        seen = vision(x, output_attentions=True)
        golden = {"pixels": x, "last": seen.last_hidden_state, "attention": seen.attentions[-1]}
        if logits:
            golden["logits"] = model(x).logits
        if other:
            golden["other.pixels"] = torch.randn(1, 3, *other, generator=torch.Generator().manual_seed(5))
            golden["other.last"] = vision(golden["other.pixels"]).last_hidden_state
    model.save_pretrained(folder)
    halve(folder)
    for file in folder.iterdir():
        if file.name not in ("config.json", "model.safetensors"):
            file.unlink()
    save_golden(folder, golden)


def in_memory_names(name, model):
    """The weights of a folder once more, under the names that transformers has in memory."""
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")


def timm_folder(name, architecture, size, other=None, **arguments):
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    model = randomise(timm.create_model(architecture, **arguments))
    for block in model.blocks:
        block.attn.fused_attn = False
    x = pixels(size)
    weights = []
    model.blocks[-1].attn.attn_drop.register_forward_hook(lambda module, inputs, output: weights.append(output))
    with torch.no_grad():
        golden = {"pixels": x, "last": model.forward_features(x)}
        golden["attention"] = weights[-1]
        if model.num_classes > 0:
            golden["logits"] = model(x)
        if other:
            golden["other.pixels"] = torch.randn(1, 3, *other, generator=torch.Generator().manual_seed(5))
            golden["other.last"] = model.forward_features(golden["other.pixels"])
    save_file({k: v.half().contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    config = {"architecture": architecture, "num_classes": model.num_classes, "num_features": model.num_features,
              "global_pool": model.global_pool,
              "pretrained_cfg": {"tag": "test", "num_classes": model.num_classes, "input_size": [3, size, size],
                                 "fixed_input_size": True, "interpolation": "bicubic", "crop_pct": 0.9,
                                 "crop_mode": "center", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
              "model_args": {k: v for k, v in arguments.items() if k != "num_classes"}}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_golden(folder, golden)


def torchvision_folder(name):
    """torchvision's network with fewer features. Its architectures have names for full sizes only, so there is no
    config.json, and a test makes the network by itself."""
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    model = randomise(torchvision.models.VisionTransformer(24, 8, LAYERS, HEADS, WIDTH, HIDDEN, num_classes=4))
    x = pixels(24)
    seen, weights = [], []
    model.encoder.register_forward_hook(lambda module, inputs, output: seen.append(output))

    def keep_weights(module, inputs):
        attended = module.self_attention(*(3 * [module.ln_1(inputs[0])]), average_attn_weights=False)
        weights.append(attended[1])

    model.encoder.layers[-1].register_forward_pre_hook(keep_weights)
    with torch.no_grad():
        logits = model(x)
    save_file({k: v.half().contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    save_golden(folder, {"pixels": x, "last": seen[0], "logits": logits, "attention": weights[0]})


LABELS = {"id2label": {0: "cat", 1: "dog", 2: "owl"}, "label2id": {"cat": 0, "dog": 1, "owl": 2}}

model = ViTForImageClassification(ViTConfig(**SIZES, **IMAGE, **LABELS))
hugging_face("vit", model, model.vit, 24, logits=True)
in_memory_names("vit-in-memory", model)
model = ViTModel(ViTConfig(**SIZES, **IMAGE, qkv_bias=False, hidden_act="relu", layer_norm_eps=1e-3))
hugging_face("vit-headless", model, model, 24)
model = DeiTForImageClassification(DeiTConfig(**SIZES, **IMAGE, **LABELS))
hugging_face("deit", model, model.deit, 24, logits=True)
model = DeiTForImageClassificationWithTeacher(DeiTConfig(**SIZES, **IMAGE, **LABELS))
hugging_face("deit-distilled", model, model.deit, 24, logits=True)

DINO = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "mlp_ratio": 2, **IMAGE}
model = Dinov2ForImageClassification(Dinov2Config(**DINO, **LABELS))
hugging_face("dinov2", model, model.dinov2, 24, other=(32, 16), logits=True)
model = Dinov2Model(Dinov2Config(**DINO, use_swiglu_ffn=True))
hugging_face("dinov2-swiglu", model, model, 24)
in_memory_names("dinov2-swiglu-in-memory", model)
model = Dinov2WithRegistersForImageClassification(Dinov2WithRegistersConfig(**DINO, num_register_tokens=3, **LABELS))
hugging_face("dinov2-registers", model, model.dinov2_with_registers, 24, other=(16, 32), logits=True)

VISION = {**SIZES, **IMAGE}
model = CLIPVisionModel(CLIPVisionConfig(**VISION))
hugging_face("clip-vision", model, model, 24)
TEXT = {**SIZES, "vocab_size": 20, "max_position_embeddings": 8, "projection_dim": 8}
model = CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=8))
hugging_face("clip", model, model.vision_model, 24)
model = CLIPForImageClassification(CLIPConfig(text_config=TEXT, vision_config=VISION, **LABELS))
hugging_face("clip-classifier", model, model.vision_model, 24, logits=True)
model = BlipForConditionalGeneration(BlipConfig(text_config={**SIZES, "num_hidden_layers": 1, "vocab_size": 20,
                                                             "max_position_embeddings": 8}, vision_config=VISION))
hugging_face("blip-vision", model, model.vision_model, 24)
model = GitForCausalLM(GitConfig(**{**SIZES, "num_hidden_layers": 1}, vocab_size=20, max_position_embeddings=8,
                                 vision_config=VISION))
hugging_face("git-vision", model, model.git.image_encoder, 24)

SMALL = {"img_size": 24, "patch_size": 8, "embed_dim": WIDTH, "depth": LAYERS, "num_heads": HEADS, "mlp_ratio": 2}
timm_folder("timm-vit", "vit_tiny_patch16_224", 24, **SMALL, num_classes=4)
timm_folder("timm-vit-avg", "vit_tiny_patch16_224", 24, **SMALL, num_classes=4, global_pool="avg")
timm_folder("timm-vit-dynamic", "vit_tiny_patch16_224", 24, other=(32, 16), **SMALL, num_classes=0,
            dynamic_img_size=True)
timm_folder("timm-deit-distilled", "deit_tiny_distilled_patch16_224", 24, **SMALL, num_classes=4)
timm_folder("timm-deit3", "deit3_small_patch16_224", 24, **SMALL, num_classes=4)
timm_folder("timm-dinov2-registers", "vit_small_patch14_reg4_dinov2", 24, **SMALL, num_classes=0)
timm_folder("timm-dinov2-giant", "vit_giant_patch14_dinov2", 24, **SMALL, num_classes=0)
torchvision_folder("torchvision-vit")
