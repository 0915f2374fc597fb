"""Makes tests/data/text/ptb_goldens.jsonl: what pycocoevalcap 1.2 makes of the texts in that file.

    python ptb_goldens.py ../data/text/ptb_goldens.jsonl

Reads every line's "text" and writes its "tokens" anew, so a case is added by adding a line {"text": ...}.
Needs pycocoevalcap==1.2 (its jar is Stanford CoreNLP 3.4.1) and java.
"""

import json
import sys

from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

# The tokenizer reads all captions as one text and looks across line ends. This is what stands after each text.
NEUTRAL = "A line between ."


def main(path):
    with open(path, encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    captions = {i: [{"caption": text}, {"caption": NEUTRAL}] for i, text in enumerate(texts)}
    tokenized = PTBTokenizer().tokenize(captions)
    with open(path, "w", encoding="utf-8") as file:
        for i, text in enumerate(texts):
            # split() as the metrics do it: at no-break spaces too, which the tokenizer puts into "2 1/2"
            file.write(json.dumps({"text": text, "tokens": tokenized[i][0].split()}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
