"""Makes tests/data/text/tokenizers: small tokenizers, and what Hugging Face's libraries make of about a thousand strings.

    python make_tokenizer_goldens.py ../data/text/tokenizers
    python make_tokenizer_goldens.py --check PATH/fovea_base_tests [--count 10000] [--seed 1]

Run with tokenizers 0.23.3 and transformers 5.24.0. Every folder holds a tokenizer's files and goldens.jsonl.gz, one
object a line: "text" (or "bytes", hexadecimal, where it is no UTF-8), "ids" with special tokens, "plain" where the ids
without them are not the same without both ends, "decoded", and "skipped" where that is another without special tokens.
Lines without a text are only decoded. In the repository two tokenizers have 1000 strings, the others 300 of them.

--check makes the same tokenizers with other strings and has the test program compare itself with them. Characters that
are newer than the Unicode of Debian's ICU are left out and counted apart: there the answers differ.
"""

import argparse
import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
from functools import lru_cache
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertTokenizer, GPT2Tokenizer, RobertaTokenizer

CAPTIONS = Path(__file__).parent.parent / "data" / "text" / "ptb_goldens.jsonl"
MORE_TEXT = """
A dog doesn't care what it's called; they've seen 3 cats, 12 birds and 2024 people. I'll say we're fine, he'd go, I'm in.
Ein Mädchen läuft über die Straße, und der Hund schläft. Größe, Übung, Äpfel. ÉTÉ, garçon, naïve, élève, où, señor, mañana.
Большая собака бежит по зелёной траве. Η γάτα κοιμάται στον καναπέ, ΣΊΣΥΦΟΣ. 一只狗在草地上奔跑。 犬が草の上を走っている。 개가 풀밭에서 달린다.
कुत्ता घास पर दौड़ रहा है। الكلب يركض على العشب. הכלב רץ על הדשא. สุนัขวิ่งบนหญ้า 👨‍👩‍👧 👍🏽 🇩🇪 ❤️ 😀 😀 ½ ² ⅷ ٣ ३
    indented   text,  with	tabs
and lines   
"""


def texts():
    with open(CAPTIONS, encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file] + MORE_TEXT.splitlines() * 3


TEXTS = texts()

# ---------------------------------------------------------------------------------------------------- the tokenizers


def word_piece(vocab_size, lower):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        TEXTS, trainers.WordPieceTrainer(vocab_size=vocab_size, special_tokens=special, show_progress=False)
    )
    return tokenizer


def byte_level(vocab_size, special, prefix_space=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def save_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def shorten(folder):
    """Writes tokenizer.json with a line for each part, not for each token."""
    value = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    lines = [f' {json.dumps(key)}: {json.dumps(part, ensure_ascii=False)}' for key, part in value.items()]
    (folder / "tokenizer.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def bert_json(folder):
    """tokenizer.json alone: every rule of added tokens, and their quirks."""
    tokenizer = word_piece(700, lower=True)
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_tokens(
        [
            AddedToken("[DEC]", special=True, normalized=False),
            AddedToken("Ärger", normalized=True),
            AddedToken("single", single_word=True, normalized=True),
            AddedToken("<l>", lstrip=True, normalized=False),
            AddedToken("<r>", rstrip=True, normalized=False),
            AddedToken("<b>", lstrip=True, rstrip=True, special=True, normalized=False),
            AddedToken("<Up>", special=True, normalized=True),
            AddedToken("<l>x", normalized=False),
            AddedToken("##glue", normalized=False),
        ]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    shorten(folder)
    return tokenizer


def bert_files(folder):
    """vocab.txt with a configuration: cased, accents kept, no spaces around Chinese characters, spaces cleaned up."""
    word_piece(700, lower=False).model.save(str(folder))
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": False}
    settings |= {"tokenize_chinese_chars": False, "clean_up_tokenization_spaces": True, "mask_token": "[MASK]"}
    save_json(folder / "tokenizer_config.json", settings)
    save_json(folder / "special_tokens_map.json", {"bos_token": "[DEC]", "extra_special_tokens": ["[ENC]"]})
    save_json(folder / "added_tokens.json", {"[ENC]": 701, "[DEC]": 700, "Hund": 702})
    return BertTokenizer.from_pretrained(folder)


def gpt2_json(folder):
    """tokenizer.json with added tokens that the byte alphabet makes trouble with."""
    tokenizer = byte_level(600, ["<|endoftext|>"])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_tokens(
        [
            AddedToken("café", normalized=False),
            AddedToken("Ġodd", normalized=True),
            AddedToken("<img>", lstrip=True, normalized=False),
            AddedToken("<r>", rstrip=True, special=True, normalized=False),
            AddedToken("word", single_word=True, normalized=False),
            AddedToken("  ", normalized=False),
        ]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    shorten(folder)
    return tokenizer


def gpt2_files(folder):
    """vocab.json and merges.txt with the begin of text put before every text."""
    byte_level(500, ["<|endoftext|>"]).model.save(str(folder))
    save_json(folder / "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True})
    return GPT2Tokenizer.from_pretrained(folder)


def roberta_files(folder):
    """vocab.json and merges.txt, a prefix space, an added mask that takes the space before it."""
    byte_level(500, ["<s>", "<pad>", "</s>", "<unk>"]).model.save(str(folder))
    mask = {"content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False}
    settings = {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "mask_token": "<mask>"}
    settings["added_tokens_decoder"] = {"500": {**mask, "special": True}}
    save_json(folder / "tokenizer_config.json", settings)
    return RobertaTokenizer.from_pretrained(folder)


def bpe_options(folder):
    """BPE's rarer options: unknown bytes fused, whole pieces before merges, no division of the text."""
    tokenizer = byte_level(400, ["<u>"])
    value = json.loads(tokenizer.to_str())
    gone = {"q", "x", "Ã"}
    model = value["model"]
    vocabulary = [token for token in model["vocab"] if not gone & set(token)] + ["Ġquite", "quux"]
    model["vocab"] = {token: id for id, token in enumerate(vocabulary)}
    model["merges"] = [" ".join(pair) for pair in model["merges"] if not gone & set("".join(pair))]
    model |= {"unk_token": "<u>", "fuse_unk": True, "ignore_merges": True}
    value["pre_tokenizer"]["use_regex"] = False
    value["post_processor"] = {
        "type": "Sequence",
        "processors": [
            {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
            {"type": "RobertaProcessing", "sep": ["a", vocabulary.index("a")], "cls": ["b", vocabulary.index("b")],
             "trim_offsets": True, "add_prefix_space": False},
        ],
    }
    (folder / "tokenizer.json").write_text(json.dumps(value), encoding="utf-8")
    shorten(folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


TOKENIZERS = {
    "bert_json": bert_json,
    "bert_files": bert_files,
    "gpt2_json": gpt2_json,
    "gpt2_files": gpt2_files,
    "roberta_files": roberta_files,
    "bpe_options": bpe_options,
}

# ------------------------------------------------------------------------------------------------------- the strings

BYTE_LEVEL = pre_tokenizers.ByteLevel(add_prefix_space=False)
LOWER = normalizers.Lowercase()
SPACES = " \t\n\r\x0b\x0c\x1c\x1d\x85\xa0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
CONTROLS = [chr(c) for c in [*range(32), *range(127, 160), 0xAD, 0x600, 0x61C, 0x200D, 0x202E, 0x2060, 0xE000, 0xFFFD,
                             0xFFFF, 0xE0001, 0xF0000, 0x10FFFF]]
MARKS = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me")]
EMOJI = ["👩\u200d👩\u200d👧\u200d👦", "👍🏽", "🇩🇪", "1\ufe0f\u20e3", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e007f", "🤷🏿\u200d♀\ufe0f", "😀"]
CASES = list("İıßẞΣσςǅǄǆŸÿĲﬁŒœÅÅKΩẛſÀÉÎṏᾈᾳǰ𐐀𐐨ⅷⅧⓐⒶ")
ADDED = ["[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", "Ärger", "ärger", "ARGER", "single", "singles", "Single", "<l>",
         "<r>", "<b>", "<Up>", "<up>", "<l>x", "##glue", "Hund", "<|endoftext|>", "café", "Ġodd", "<img>", "word",
         "words", "  ", "<s>", "</s>", "<mask>", "<u>", "quux", " quite", "xq"]
ENDINGS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "n't", "'S", "'x", "''", " ' s", " n't"]
INVALID = [b"\xff", b"\xc0\xaf", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe0\x80", b"\xc3"]


@lru_cache(maxsize=None)
def is_newer(c):
    """Whether the reference knows a character that Python 3.11 does not: it was assigned after Unicode 14."""
    if unicodedata.category(c) != "Cn":
        return False
    return len(BYTE_LEVEL.pre_tokenize_str("!" + c)) != 1 or LOWER.normalize_str(c) != c


def character(rng):
    """Any code point, those of the lower planes more often."""
    top = rng.choice([0x80, 0x250, 0x700, 0x3000, 0x10000, 0x20000, 0x110000])
    c = chr(rng.randrange(top))
    return character(rng) if 0xD800 <= ord(c) < 0xE000 or is_newer(c) else c


def from_one_block(rng):
    start = ord(character(rng))
    near = [chr(min(start + rng.randrange(48), 0x10FFFF)) for _ in range(rng.randrange(1, 9))]
    return "".join(c for c in near if not 0xD800 <= ord(c) < 0xE000 and not is_newer(c))


def from_text(rng):
    words = rng.choice(TEXTS).split(" ")
    start = rng.randrange(len(words))
    return " ".join(words[start : start + rng.randrange(1, 6)])


def changed_text(rng):
    text = list(from_text(rng))
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(5)
        new = [rng.choice(ENDINGS), rng.choice(MARKS), rng.choice(".,;!?-'\"()$%&+<=>^`|~_#@"), str(rng.randrange(10**5)), ""]
        text[at : at + (kind == 4)] = new[kind]
    text = "".join(text)
    return rng.choice([text, text.upper(), text.title()])


def pick(rng, choices, most):
    return "".join(rng.choice(choices) for _ in range(rng.randrange(1, most)))


def with_added_tokens(rng):
    parts = [rng.choice([rng.choice(ADDED), rng.choice(ADDED), pick(rng, SPACES[:9], 3), from_text(rng)[:9]]) for _ in range(rng.randrange(1, 6))]
    return "".join(parts)


def invalid(rng):
    data = bytearray((from_text(rng)[:12] + rng.choice(EMOJI)).encode())
    for _ in range(rng.randrange(1, 3)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randrange(2)] = rng.choice(INVALID)
    return bytes(data)


KINDS = [
    from_text, changed_text, from_one_block, with_added_tokens, invalid,
    lambda rng: from_text(rng)[:8] + "".join(character(rng) for _ in range(rng.randrange(1, 7))),
    lambda rng: "".join(rng.choice("aeonuAEç각漢") + pick(rng, MARKS, 4) for _ in range(rng.randrange(1, 4))),
    lambda rng: pick(rng, EMOJI, 4) + rng.choice(["", " ", "a"]) + pick(rng, EMOJI, 2),
    lambda rng: "".join(rng.choice([from_text(rng)[:4], rng.choice(CONTROLS)]) for _ in range(rng.randrange(1, 6))),
    lambda rng: "".join(rng.choice([from_text(rng)[:4], pick(rng, SPACES, 4)]) for _ in range(rng.randrange(1, 6))),
    lambda rng: "".join(rng.choice([chr(rng.randrange(0x4E00, 0x9FFF)), "の", "カ", "한", "a", "。", "，", chr(rng.randrange(0x20000, 0x2A6D0))]) for _ in range(rng.randrange(1, 7))),
    lambda rng: pick(rng, CASES, 6),
    lambda rng: rng.choice(["un", "a", "é", "の", "ab1"]) * rng.randrange(95, 130),
    lambda rng: str(rng.randrange(10 ** rng.randrange(1, 12))) + rng.choice(["", ".5", "%", "th", "x", "٣", "½"]),
]


def strings(count, seed):
    rng = random.Random(seed)
    fixed = ["", " ", "  ", "a", "##a", "'s", " 's", "\n", "a  b", "a \n b", " a ", "\ufffd", "quux", " quite"]
    made = fixed + [rng.choice(KINDS[:12] + KINDS[13:] if count < 3000 and i % 40 else KINDS)(rng) for i in range(count - len(fixed))]
    return [text if isinstance(text, bytes) else text.encode() for text in made]


def strings_with_newer(count, seed):
    rng = random.Random(seed)
    newer = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and is_newer(chr(c))]
    return [(from_text(rng)[:8] + pick(rng, newer, 4) + from_text(rng)[:4]).encode() for _ in range(count)]


# ------------------------------------------------------------------------------------------------------- the answers


def decoded(tokenizer, ids, skip):
    return tokenizer.decode(ids, skip_special_tokens=skip)


def encoded(tokenizer, text, special):
    ids = tokenizer.encode(text, add_special_tokens=special)
    return ids if isinstance(ids, list) else ids.ids


def golden(tokenizer, data):
    text = data.decode("utf-8", errors="replace")
    line = {"text": text} if text.encode() == data else {"bytes": data.hex()}
    line["ids"] = encoded(tokenizer, text, True)
    line["plain"] = encoded(tokenizer, text, False)
    return line


def answers(tokenizer, texts, seed):
    lines = [golden(tokenizer, data) for data in texts]
    rng = random.Random(seed)
    size = len(tokenizer) if hasattr(tokenizer, "__len__") else tokenizer.get_vocab_size()
    for _ in range(len(texts) // 10):  # ids in an order that no text has, and some without a token
        lines.append({"ids": [rng.randrange(size + 3) for _ in range(rng.randrange(12))]})
    ends = surround(tokenizer)
    for line in lines:
        ids = line["ids"]
        line["decoded"], line["skipped"] = decoded(tokenizer, ids, False), decoded(tokenizer, ids, True)
        if line["skipped"] == line["decoded"]:
            del line["skipped"]
        if "plain" in line and ends[0] + line["plain"] + ends[1] == ids:
            del line["plain"]
    return lines


def surround(tokenizer):
    both = encoded(tokenizer, "a", True), encoded(tokenizer, "a", False)
    at = next(i for i in range(len(both[0])) if both[0][i : i + len(both[1])] == both[1])
    return both[0][:at], both[0][at + len(both[1]) :]


def write_goldens(root, texts, seed, fewer=None):
    for name, make in TOKENIZERS.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer = make(folder)
        lines = answers(tokenizer, texts if name in ("bert_json", "gpt2_json") else texts[:fewer], seed)
        data = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
        (folder / "goldens.jsonl.gz").write_bytes(gzip.compress(data.encode(), 9, mtime=0))


def run_test(program, folder):
    """Has the test program compare itself with a folder; its counts, and whether all are equal."""
    environment = {**os.environ, "FOVEA_TOKENIZER_GOLDENS": str(folder)}
    test = [program, "--gtest_filter=TokenizerGoldens.OfAnotherFolderAreEqualed", "--gtest_brief=1"]
    result = subprocess.run(test, env=environment, capture_output=True, text=True)
    counts = re.findall(r"^tokenizer .*", result.stdout, re.MULTILINE)
    return counts, result


def check(program, count, seed):
    all_equal = True
    for title, make in [("strings", strings), ("strings with characters newer than Unicode 14", strings_with_newer)]:
        with tempfile.TemporaryDirectory() as folder:
            write_goldens(Path(folder), make(count if make is strings else 500, seed), seed)
            counts, result = run_test(program, folder)
            print(title + ":", *counts, sep="\n  ")
            if make is strings and result.returncode != 0:
                all_equal = False
                print(result.stdout[-4000:], result.stderr[-2000:], sep="\n")
    return 0 if all_equal else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--check", metavar="PROGRAM")
    parser.add_argument("--count", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.check:
        return check(arguments.check, arguments.count or 10000, arguments.seed)
    write_goldens(arguments.folder, strings(arguments.count or 1000, arguments.seed), arguments.seed, fewer=300)
    return 0


if __name__ == "__main__":
    sys.exit(main())
