#!/usr/bin/env python3
"""Compares Fovea with the reference implementations at full size, and writes docs/parity.md.

Usage: parity.py PROGRAM [--folder DIR] [--output FILE] [--only NAME]...
PROGRAM is fovea_parity (tests/parity). Models are published architectures with random weights of fixed seeds, since
agreement does not depend on the weights; DIR keeps them (2.5 GB; default: build/parity).
"""
import argparse
import pathlib
import subprocess
import sys

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SEARCHES = {"greedy": 1, "beam3": 3, "beam5": 5}
TOKENS = 20


def spread(model, seed):
    """Random weights for which outputs neither vanish nor explode, and captions depend on the image."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if weight.dim() >= 2:
                scale = 0.05 if "embed" in name or "wte" in name or "wpe" in name else 1.4 / weight[0].numel() ** 0.5
                weight.copy_(torch.randn(weight.shape, generator=generator) * scale)
            elif name.endswith("bias"):
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.05)
            else:
                weight.copy_(1 + torch.randn(weight.shape, generator=generator) * 0.1)
        for name, buffer in sorted(model.named_buffers()):
            if name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator) * 0.1)
            elif name.endswith("running_var"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
    return model.eval()


def bert_tokenizer(extra=()):
    """A vocabulary of BERT's size, of made words."""
    words = ["[PAD]", *(f"[unused{i}]" for i in range(99)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += [f"w{i}" for i in range(30522 - len(words))]
    return transformers.BertTokenizer(vocab={word: i for i, word in enumerate([*words, *extra])})


def gpt2_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(alphabet)}
    for i in range(50256 - len(vocabulary)):
        vocabulary[f"\u0120w{i}"] = len(vocabulary)
    vocabulary["<|endoftext|>"] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return transformers.GPT2TokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>",
                                          bos_token="<|endoftext|>", unk_token="<|endoftext|>")


class Case:
    """A model with what is needed to save and to run it."""

    def __init__(self, name, model, processor=None, tokenizer=None, config=None):
        self.name, self.model, self.processor = name, model, processor
        self.tokenizer, self.config = tokenizer, config

    def save(self, folder):
        if self.config is None:
            self.model.save_pretrained(folder)
        else:
            import json
            folder.mkdir(parents=True, exist_ok=True)
            save_file({name: tensor.contiguous() for name, tensor in self.model.state_dict().items()},
                      folder / "model.safetensors")
            (folder / "config.json").write_text(json.dumps(self.config))
        for part in (self.processor, self.tokenizer):
            if part is not None and hasattr(part, "save_pretrained"):
                part.save_pretrained(folder)


def blip():
    config = transformers.BlipConfig(vision_config={"image_size": 384})
    config.text_config.encoder_hidden_size = config.vision_config.hidden_size
    model = spread(transformers.BlipForConditionalGeneration(config), 1)
    processor = transformers.BlipImageProcessorPil(size={"height": 384, "width": 384})
    case = Case("BLIP-base", model, processor, bert_tokenizer(["[DEC]", "[ENC]"]))
    case.encode = lambda pixels: model.vision_model(pixels)[0]
    case.generate = lambda pixels, **options: model.generate(pixels, **options)[:, 1:]
    case.end = config.text_config.sep_token_id
    return case


def vit_gpt2():
    vision = transformers.ViTModel(transformers.ViTConfig(), add_pooling_layer=False)
    text = transformers.GPT2LMHeadModel(transformers.GPT2Config(is_decoder=True, add_cross_attention=True))
    model = spread(transformers.VisionEncoderDecoderModel(encoder=vision, decoder=text), 2)
    end = text.config.eos_token_id
    model.config.decoder_start_token_id = model.config.pad_token_id = model.config.eos_token_id = end
    model.generation_config = transformers.GenerationConfig(decoder_start_token_id=end, eos_token_id=end,
                                                            pad_token_id=end)
    case = Case("ViT-GPT2", model, transformers.ViTImageProcessorPil(), gpt2_tokenizer())
    case.encode = lambda pixels: model.encoder(pixels).last_hidden_state
    case.generate = lambda pixels, **options: model.generate(pixels, **options)[:, 1:]
    case.end = end
    return case


def dinov2():
    model = spread(transformers.Dinov2Model(transformers.Dinov2Config(image_size=518, patch_size=14)), 3)
    case = Case("DINOv2-base", model, transformers.BitImageProcessorPil(
        size={"shortest_edge": 256}, crop_size={"height": 224, "width": 224}))
    case.encode = lambda pixels: model(pixels).last_hidden_state
    return case


def resnet50():
    import torchvision
    model = spread(torchvision.models.resnet50(), 4)
    case = Case("ResNet-50 (torchvision)", model, config={"library": "torchvision", "architecture": "resnet50",
                                                          "num_classes": 1000})
    trunk = torch.nn.Sequential(*list(model.children())[:-2])
    case.encode, case.classify = trunk, model
    case.transform = torchvision.models.ResNet50_Weights.DEFAULT.transforms()
    return case


def densenet121():
    import torchvision
    case = resnet50()
    model = spread(torchvision.models.densenet121(), 5)
    case.name, case.model = "DenseNet-121 (torchvision)", model
    case.config = {"library": "torchvision", "architecture": "densenet121", "num_classes": 1000}
    case.encode, case.classify = (lambda pixels: torch.relu(model.features(pixels))), model
    case.transform = torchvision.models.DenseNet121_Weights.DEFAULT.transforms()
    return case


CASES = {"blip": blip, "vit-gpt2": vit_gpt2, "dinov2": dinov2, "resnet50": resnet50, "densenet121": densenet121}


def pictures():
    from PIL import Image
    random = numpy.random.default_rng(7)
    for width, height in [(640, 480), (480, 640), (500, 375), (800, 300)]:
        coarse = random.integers(0, 256, (6, 8, 3), dtype=numpy.uint8)
        yield Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def relative(found, expected):
    return ((found - expected).abs().max() / expected.abs().max()).item()


def until_end(tokens, end):
    tokens = list(tokens)
    return tokens[:tokens.index(end) + 1] if end in tokens else tokens


def compare(name, program, folder):
    case = CASES[name]()
    case.save(folder / name)
    images = list(pictures())
    save_file({f"image_{i}": torch.from_numpy(numpy.array(image)) for i, image in enumerate(images)},
              folder / "input.safetensors")
    row = {"model": case.name, "parameters": sum(p.numel() for p in case.model.parameters())}
    with torch.no_grad():
        if case.processor is not None:
            pixels = case.processor(images, return_tensors="pt")["pixel_values"]
        else:
            pixels = torch.stack([case.transform(image) for image in images])
        last = case.encode(pixels)
        subprocess.run([program, folder / name, folder / "input.safetensors", folder / "output.safetensors"], check=True)
        found = load_file(folder / "output.safetensors")
        row["pixels"] = (found["pixels"] - pixels).abs().max().item()
        row["last"] = relative(found["last"], last)
        if hasattr(case, "classify"):
            row["logits"] = relative(found["logits"], case.classify(pixels))
        if hasattr(case, "generate"):
            row["captions"] = []
            for search, beams in SEARCHES.items():
                expected = case.generate(pixels, num_beams=beams, max_new_tokens=TOKENS)
                row["captions"].append(sum(
                    until_end(expected[i].tolist(), case.end) == [t for t in found[search][i].tolist() if t >= 0]
                    for i in range(len(images))))
    print(row, file=sys.stderr, flush=True)
    return row


def table(rows):
    yield "| model | parameters | pixels, largest difference | encoder, relative | logits, relative | captions equal token by token: greedy, beam 3, beam 5 |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        logits = f"{row['logits']:.1e}" if "logits" in row else ""
        captions = ", ".join(f"{n} of 4" for n in row.get("captions", []))
        yield (f"| {row['model']} | {row['parameters'] / 1e6:.0f} million | {row['pixels']:.1e} | {row['last']:.1e} "
               f"| {logits} | {captions} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "parity")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--only", action="append", choices=list(CASES))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.set_verbosity_error()
    rows = [compare(name, options.program, options.folder) for name in options.only or CASES]
    text = "\n".join(table(rows)) + "\n"
    print(text)
    if options.output is not None:
        head = options.output.read_text().split("<!-- table -->")[0]
        options.output.write_text(f"{head}<!-- table -->\n\n{text}")


if __name__ == "__main__":
    main()
