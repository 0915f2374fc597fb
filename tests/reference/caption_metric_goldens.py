"""Makes tests/data/metrics/caption_scores.json: hand-made captions with the scores that pycocoevalcap gives them.

    python caption_metric_goldens.py ../data/metrics/caption_scores.json

Needs pycocoevalcap==1.2, numpy and java.
"""

import json
import sys

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

# Each set: (hypothesis, references) per image. Between them they hold every special case of the formulas.
SETS = {
    "usual": [
        ("A man's dog can't jump over the red fence.", ["A dog doesn't jump over a fence.", "The man's dog is at the fence.",
                                                        "A brown dog near a red fence"]),
        ("Two girls in T-shirts play on a skateboard.", ["Two girls play on a skateboard in a courtyard.",
                                                         "Two people play on a long skateboard.",
                                                         "Two small children in red shirts"]),
        ("a dog runs through the grass .", ["A black dog runs through the tall grass .", "The dog is running ."]),
        ("A boy jumps off a rock in the woods, smiling", ["A boy jumps off a tan rock.", "Child in blue hopping off a hill!"]),
        ("a snowboarder does a trick", ["A person surfs a wave at sunset.", "A surfer rides a big wave."]),
    ],
    "extremes": [
        ("", ["a dog runs", "the cat sleeps"]),  # an empty hypothesis
        ("a a a a a a a a a a a a a a a a", ["a dog and a cat", "a man"]),  # clipping, and a length penalty
        ("dog", ["dog", "a dog"]),  # no n-gram beyond one word
        ("zebra crossing", ["horse", ""]),  # words that no reference has, and an empty reference
        ("the cat sat on the mat", ["the cat sat on the mat", "the cat sat on the mat"]),  # equal to all references
        ("a cat", ["a very long reference that goes on and on about the cat and what the cat does all day long"]),
        ("...", ["."]),  # nothing is left of either when tokenized
        ("caf\u00e9 stra\u00dfe", ["Caf\u00e9 Stra\u00dfe", "CAF\u00c9"]),
    ],
    "one_image": [("a dog runs", ["a dog runs fast", "the dog runs"])],  # all document frequencies are 1 = all images
}


def score(references, hypotheses):
    bleu, _ = Bleu(4).compute_score(references, hypotheses, verbose=0)
    rouge, rouges = Rouge().compute_score(references, hypotheses)
    cider, ciders = Cider().compute_score(references, hypotheses)
    return {"bleu": bleu, "rouge_l": float(rouge), "cider": float(cider), "rouge_l_of_images": [float(x) for x in rouges],
            "cider_of_images": [float(x) for x in ciders]}


def main(path):
    result = {}
    for name, pairs in SETS.items():
        raw_references = {i: list(references) for i, (_, references) in enumerate(pairs)}
        raw_hypotheses = {i: [hypothesis] for i, (hypothesis, _) in enumerate(pairs)}
        wrap = lambda texts: {i: [{"caption": c} for c in captions] for i, captions in texts.items()}
        references = PTBTokenizer().tokenize(wrap(raw_references))
        hypotheses = PTBTokenizer().tokenize(wrap(raw_hypotheses))
        result[name] = {
            "images": [{"hypothesis": raw_hypotheses[i][0], "references": raw_references[i],
                        "tokenized_hypothesis": hypotheses[i][0], "tokenized_references": references[i]}
                       for i in range(len(pairs))],
            "scores": score(references, hypotheses),
        }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
