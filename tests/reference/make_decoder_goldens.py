"""Tiny random caption decoders and their answers from transformers. Made with transformers 5.24, torch 2.15.

Usage: python make_decoder_goldens.py ../data/nn/decoders

Per decoder a folder: config.json; model.safetensors, the decoder's tensors as such a model's file names and stores them;
golden.safetensors: `image` [B, S, E], `tokens` [B, C, T], `logits` [B, C, T, V], `attention` [B, C, L, H, T, S].
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import (BertConfig, BlipTextConfig, GitConfig, GPT2Config, VisionEncoderDecoderConfig,
                          VisionEncoderDecoderModel, ViTConfig)
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.blip.modeling_blip_text import BlipTextLMHeadModel
from transformers.models.git.modeling_git import GitForCausalLM

B, C, T = 2, 3, 6  # images, captions of each, tokens
GRID = (2, 3)      # after a class token
S = 1 + GRID[0] * GRID[1]


def randomise(model, stored):
    """Weights that make a difference everywhere, rounded to what the file holds."""
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape)
        if "norm" in name.lower() or ".ln_" in name or name.endswith("visual_projection.1.weight"):
            values = values * 0.2 + (1 if name.endswith("weight") else 0)
        elif parameter.dim() > 1:
            values = values * (1.3 / parameter.shape[-1] ** 0.5)
        else:
            values = values * 0.2
        parameter.data = values.to(stored).float()
    return model.eval()


def write(folder, config, tensors, stored, image, tokens, logits, attention):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    tensors = {name: (t.to(stored) if t.is_floating_point() else t).clone().contiguous() for name, t in tensors.items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    golden = {"image": image, "tokens": tokens, "logits": logits.unflatten(0, (B, C)),
              "attention": torch.stack(attention, 1).unflatten(0, (B, C))}
    save_file({name: t.clone().contiguous() for name, t in golden.items()}, folder / "golden.safetensors")


def captions(vocabulary):
    return torch.randint(0, vocabulary, (B, C, T))


def blip(folder):
    config = BlipTextConfig(vocab_size=70, hidden_size=32, encoder_hidden_size=24, intermediate_size=48,
                            num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=12)
    config._attn_implementation = "eager"
    model = randomise(BlipTextLMHeadModel(config), torch.float16)
    image, tokens = torch.randn(B, S, 24), captions(70)
    out = model(tokens.flatten(0, 1), encoder_hidden_states=image.repeat_interleave(C, 0), output_attentions=True)
    tensors = {f"text_decoder.{n}": t for n, t in model.state_dict().items()
               if not n.startswith("cls.predictions.decoder.")}  # tied
    tensors["text_decoder.bert.embeddings.position_ids"] = torch.arange(12)[None]  # as old files have it
    written = {"architectures": ["BlipForConditionalGeneration"], "model_type": "blip",
               "text_config": config.to_dict(), "vision_config": {"hidden_size": 24}}
    write(folder / "blip", written, tensors, torch.float16, image, tokens, out.logits, out.cross_attentions)


def encoder_decoder(folder, name, decoder, stored, change_tensors):
    encoder = ViTConfig(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, image_size=32,
                        patch_size=16)
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config._attn_implementation = "eager"
    model = randomise(VisionEncoderDecoderModel(config), stored)
    model.set_attn_implementation("eager")
    model.tie_weights()
    image, tokens = torch.randn(B, S, 24), captions(decoder.vocab_size)
    out = model(encoder_outputs=BaseModelOutput(image.repeat_interleave(C, 0)),
                decoder_input_ids=tokens.flatten(0, 1), output_attentions=True)
    tensors = {n: t for n, t in model.state_dict().items() if not n.startswith("encoder.")}
    change_tensors(tensors)
    write(folder / name, model.config.to_dict(), tensors, stored, image, tokens, out.logits, out.cross_attentions)


def bert(folder):
    decoder = BertConfig(vocab_size=66, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                         intermediate_size=48, max_position_embeddings=12, hidden_act="gelu_new")
    encoder_decoder(folder, "bert", decoder, torch.bfloat16, lambda tensors: None)  # every tied tensor is there twice


def gpt2(folder):
    def as_saved(tensors):
        del tensors["decoder.lm_head.weight"]  # tied
        for layer in range(2):  # buffers of old files
            tensors[f"decoder.transformer.h.{layer}.attn.bias"] = torch.ones(1, 1, 12, 12).tril().to(torch.uint8)
            tensors[f"decoder.transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)

    sizes = {"vocab_size": 71, "n_positions": 12, "n_layer": 2, "n_head": 4}
    encoder_decoder(folder, "gpt2", GPT2Config(n_embd=24, n_inner=40, **sizes), torch.float16, as_saved)
    scaled = GPT2Config(n_embd=32, n_inner=48, scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False, **sizes)
    encoder_decoder(folder, "gpt2-projected", scaled, torch.float16, as_saved)


class Features(torch.nn.Module):
    """In place of GIT's image encoder."""

    def __init__(self, features):
        super().__init__()
        self.last_hidden_state = features

    def forward(self, pixels, **_):
        return self


def git(folder):
    vision = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24,
              "image_size": 32, "patch_size": 16}
    config = GitConfig(vision_config=vision, vocab_size=68, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                       intermediate_size=48, max_position_embeddings=12)
    config._attn_implementation = "eager"
    model = randomise(GitForCausalLM(config), torch.float16)
    image, tokens = torch.randn(B, S, 24), captions(68)
    model.git.image_encoder = Features(image.repeat_interleave(C, 0))
    out = model(tokens.flatten(0, 1), pixel_values=torch.zeros(B * C, 3, 32, 32), output_attentions=True)
    tensors = model.state_dict()
    # Attention of words to the image, as shares of what goes to the image.
    attention = [a[:, :, S:, :S] / a[:, :, S:, :S].sum(-1, keepdim=True) for a in out.attentions]
    write(folder / "git", config.to_dict(), tensors, torch.float16, image, tokens, out.logits[:, S:], attention)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    with torch.no_grad():
        for make in (blip, bert, gpt2, git):
            torch.manual_seed(11)
            make(target)
