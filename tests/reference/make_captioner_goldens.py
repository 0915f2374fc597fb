#!/usr/bin/env python3
"""Makes tiny captioners of transformers with random weights, and what transformers makes of a few images with them.

Usage: make_captioner_goldens.py [OUTPUT]        default: tests/data/models
Needs torch, transformers, safetensors, Pillow and numpy (requirements.txt).

For each model a folder as a hub has it, with golden.safetensors beside it (images, pixel values, encoder output,
teacher-forced logits, cross-attention) and golden.json (token by token what generate() finds, for several ways to
search). Weights are drawn so that captions depend on the image and end at different lengths.
"""
import json
import pathlib
import sys

import numpy
import torch
import transformers
from safetensors.torch import save_file

OUTPUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "data" / "models")
SIDE, PATCH, WIDTH, HEADS, LAYERS, HIDDEN = 32, 8, 32, 4, 2, 48
IMAGES = 5
WORDS = ("a an the dog cat man woman child two three ball grass snow water beach red blue black white brown running "
         "jumping standing sitting in on with and of near over street field play ##ing ##s ##ed ##er . , picture photo "
         "small big young old bike car tree sky wall").split()
SEARCHES = [
    {"num_beams": 1, "max_new_tokens": 12},
    {"num_beams": 1, "max_new_tokens": 12, "no_repeat_ngram_size": 2},
    {"num_beams": 1, "max_new_tokens": 14, "min_new_tokens": 9},
    {"num_beams": 3, "max_new_tokens": 12},
    {"num_beams": 3, "max_new_tokens": 12, "num_return_sequences": 3},
    {"num_beams": 5, "max_new_tokens": 12, "length_penalty": 0.0},
    {"num_beams": 5, "max_new_tokens": 12, "length_penalty": 2.0, "num_return_sequences": 2},
    {"num_beams": 3, "max_new_tokens": 16, "no_repeat_ngram_size": 2},
    {"num_beams": 3, "max_new_tokens": 14, "min_new_tokens": 6},
    {"num_beams": 3, "max_new_tokens": 12, "early_stopping": True},
    {"num_beams": 4, "max_new_tokens": 12, "early_stopping": "never", "length_penalty": 1.5},
    {"num_beams": 3, "max_new_tokens": 4},
]


def draw_weights(model, seed):
    """Larger than usual, so that outputs are far from uniform."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if weight.dim() >= 2:
                spread = 1.2 / weight[0].numel() ** 0.5 if "embed" not in name else 0.5
                weight.copy_(torch.randn(weight.shape, generator=generator) * spread)
            elif "norm" in name.lower() or "ln_" in name:
                noise = torch.randn(weight.shape, generator=generator) * 0.1
                weight.copy_(noise + (1 if name.endswith("weight") else 0))
            else:
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.2)
    return model.eval()


def let_captions_end(lengths_of, bias, direction):
    """Makes the end token likelier step by step, until captions have several lengths. `direction`: what to add."""
    for _ in range(60):
        if len(set(lengths_of())) >= 3:
            return
        with torch.no_grad():
            bias += direction


def bert_tokenizer(extra=()):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *extra]
    return transformers.BertTokenizer(vocab={word: i for i, word in enumerate(vocabulary)}), len(vocabulary)


def gpt2_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=["<|endoftext|>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([" ".join(w for w in WORDS if "#" not in w)] * 4, trainer)
    return transformers.GPT2TokenizerFast(tokenizer_object=tokenizer), tokenizer.get_vocab_size()


def head_bias(bias, end):
    direction = torch.zeros_like(bias)
    direction[end] = 0.25
    return bias, lambda: direction


def vision_config(kind):
    return dict(hidden_size=WIDTH, intermediate_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                image_size=SIDE, patch_size=PATCH) | kind


def text_config(vocabulary):
    return dict(vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=HIDDEN, num_hidden_layers=LAYERS,
                num_attention_heads=HEADS, max_position_embeddings=40)


def make_blip():
    tokenizer, vocabulary = bert_tokenizer(["[DEC]"])
    tokenizer.add_special_tokens({"bos_token": "[DEC]"})
    config = transformers.BlipConfig(
        text_config=text_config(vocabulary) | dict(bos_token_id=vocabulary - 1, sep_token_id=3, eos_token_id=3,
                                                   pad_token_id=0, encoder_hidden_size=WIDTH),
        vision_config=vision_config({}), projection_dim=WIDTH)
    model = transformers.BlipForConditionalGeneration(config)
    draw_weights(model, 1)
    processor = transformers.BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})

    def generate(pixels, prompt, **options):
        ids = None
        if prompt:
            ids = torch.tensor([tokenizer(prompt).input_ids] * len(pixels))
        return model.generate(pixels, input_ids=ids, **options), 1 if ids is None else ids.shape[1] - 1

    def teacher(pixels, tokens):
        image = model.vision_model(pixels)[0]
        output = model.text_decoder(input_ids=tokens, encoder_hidden_states=image, output_attentions=True)
        return image, output.logits, torch.stack(output.cross_attentions, 1)

    return model, processor, tokenizer, generate, teacher, "a picture of", vocabulary, head_bias(
        model.text_decoder.cls.predictions.bias, 3)


def make_vision_encoder_decoder(encoder, decoder, seed):
    if encoder == "vit":
        vision = transformers.ViTModel(transformers.ViTConfig(**vision_config({})), add_pooling_layer=False)
    else:
        vision = transformers.DeiTModel(transformers.DeiTConfig(**vision_config({})), add_pooling_layer=False)
    if decoder == "gpt2":
        tokenizer, vocabulary = gpt2_tokenizer()
        start = end = pad = tokenizer.convert_tokens_to_ids("<|endoftext|>")
        text = transformers.GPT2LMHeadModel(transformers.GPT2Config(
            vocab_size=vocabulary, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS, n_positions=40, n_inner=HIDDEN,
            is_decoder=True, add_cross_attention=True, bos_token_id=start, eos_token_id=end))
        bias = text.transformer.ln_f.bias, lambda: 0.1 * text.lm_head.weight[end]
    else:
        tokenizer, vocabulary = bert_tokenizer()
        start, end, pad = 2, 3, 0
        text = transformers.BertLMHeadModel(transformers.BertConfig(
            **text_config(vocabulary), is_decoder=True, add_cross_attention=True, pad_token_id=pad))
        bias = head_bias(text.cls.predictions.bias, end)
    model = transformers.VisionEncoderDecoderModel(encoder=vision, decoder=text)
    model.config.decoder_start_token_id = start
    model.config.pad_token_id = pad
    model.config.eos_token_id = end
    model.generation_config = transformers.GenerationConfig(decoder_start_token_id=start, eos_token_id=end,
                                                            pad_token_id=pad, num_beams=3, max_length=14)
    draw_weights(model, seed)
    kind = transformers.ViTImageProcessorPil if encoder == "vit" else transformers.DeiTImageProcessorPil
    sizes = dict(size={"height": SIDE, "width": SIDE}) if encoder == "vit" else dict(
        size={"height": 40, "width": 40}, crop_size={"height": SIDE, "width": SIDE})
    processor = kind(**sizes)

    def generate(pixels, prompt, **options):
        return model.generate(pixels, **options), 1

    def teacher(pixels, tokens):
        output = model(pixel_values=pixels, decoder_input_ids=tokens, output_attentions=True)
        return output.encoder_last_hidden_state, output.logits, torch.stack(output.cross_attentions, 1)

    return model, processor, tokenizer, generate, teacher, None, vocabulary, bias


def make_git():
    tokenizer, vocabulary = bert_tokenizer()
    config = transformers.GitConfig(**text_config(vocabulary), bos_token_id=2, eos_token_id=3, pad_token_id=0,
                                    vision_config=vision_config({}))
    model = transformers.GitForCausalLM(config)
    draw_weights(model, 4)
    processor = transformers.CLIPImageProcessorPil(size={"shortest_edge": SIDE},
                                                   crop_size={"height": SIDE, "width": SIDE})

    def generate(pixels, prompt, **options):
        ids = [2] + (tokenizer(prompt, add_special_tokens=False).input_ids if prompt else [])
        tokens = torch.tensor([ids] * len(pixels))
        return model.generate(pixel_values=pixels, input_ids=tokens, **options), len(ids)

    def teacher(pixels, tokens):
        image = model.git.image_encoder(pixels).last_hidden_state
        output = model(input_ids=tokens, pixel_values=pixels, output_attentions=True)
        places = image.shape[1]
        on_image = torch.stack(output.attentions, 1)[..., places:, :places]
        return image, output.logits[:, places:], on_image / on_image.sum(-1, keepdim=True)

    return model, processor, tokenizer, generate, teacher, "a photo", vocabulary, head_bias(model.output.bias, 3)


def images():
    """Smooth random colours of several shapes: a resize loses nothing that matters."""
    from PIL import Image
    random = numpy.random.default_rng(7)
    for width, height in [(61, 45), (45, 61), (32, 32), (97, 40), (50, 50)]:
        coarse = random.integers(0, 256, (5, 5, 3), dtype=numpy.uint8)
        yield numpy.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def until_end(tokens, end):
    tokens = list(tokens)
    return tokens[:tokens.index(end) + 1] if end in tokens else tokens


def end_of(model, name):
    return 3 if name in ("blip", "git") else model.config.eos_token_id


def greedy_lengths(generate, pixels, model, name):
    end = end_of(model, name)
    with torch.no_grad():
        found, length = generate(pixels, None, **SEARCHES[0])
    return [len(until_end(row[length:].tolist(), end)) for row in found]


def write(name, made):
    model, processor, tokenizer, generate, teacher, prompt, vocabulary, (bias, direction) = made
    pictures = list(images())
    pixels = processor(pictures, return_tensors="pt")["pixel_values"]
    let_captions_end(lambda: greedy_lengths(generate, pixels, model, name), bias, direction())
    folder = OUTPUT / name
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    end = end_of(model, name)
    searches = []
    with torch.no_grad():
        for options in SEARCHES + [SEARCHES[3] | {"prompt": prompt}] * (prompt is not None):
            options = dict(options)
            found, length = generate(pixels, options.pop("prompt", None), **options)
            kept = options.get("num_return_sequences", 1)
            rows = [until_end(row[length:].tolist(), end) for row in found]
            with_prompt = len(searches) >= len(SEARCHES)
            searches.append({"options": options, "prompt": prompt if with_prompt else "",
                             "tokens": [rows[i * kept:(i + 1) * kept] for i in range(IMAGES)],
                             "texts": [tokenizer.decode(row, skip_special_tokens=True).strip() for row in found[::kept]]})
        default, length = generate(pixels, None)
        tokens = torch.tensor(numpy.random.default_rng(3).integers(5, vocabulary - 1, (IMAGES, 6)))
        model.set_attn_implementation("eager")  # the only one that tells its weights
        encoded, logits, attention = teacher(pixels, tokens)
    lengths = sorted({len(row) for rows in searches[0]["tokens"] for row in rows})
    distinct = len({tuple(row) for rows in searches[3]["tokens"] for row in rows})
    print(f"{name}: greedy lengths {lengths}, {distinct} different captions of {IMAGES}")
    tensors = {f"image_{i}": torch.from_numpy(picture.copy()) for i, picture in enumerate(pictures)}
    tensors |= {"pixels": pixels, "tokens": tokens, "encoded": encoded, "logits": logits, "attention": attention}
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "golden.safetensors")
    golden = {"searches": searches, "default": [until_end(row[length:].tolist(), end) for row in default]}
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")


transformers.logging.set_verbosity_error()
torch.manual_seed(0)
write("blip", make_blip())
write("vit-gpt2", make_vision_encoder_decoder("vit", "gpt2", 2))
write("deit-bert", make_vision_encoder_decoder("deit", "bert", 3))
write("git", make_git())
