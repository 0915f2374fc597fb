"""Makes tests/data/metrics/highlight_scores.json and highlight_maps.safetensors: scores, labels and heat maps, with what
scikit-learn and scipy make of them.

    python make_highlight_metric_goldens.py ../data/metrics

Needs scikit-learn==1.9.1, scipy, numpy and safetensors.
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.ndimage
import scipy.stats
import sklearn.metrics
from safetensors.numpy import save_file

random = np.random.default_rng(11)


def ranking_cases():
    """Scores and classes of two-class decisions."""
    cases = {}
    for name, count, share in [("usual", 60, 0.4), ("rare", 80, 0.05), ("large", 700, 0.5)]:
        positive = random.random(count) < share
        positive[0] = True
        cases[name] = (np.where(positive, random.normal(1, 1, count), random.normal(0, 1, count)), positive)
    positive = random.random(90) < 0.3
    cases["ties"] = (np.round(np.clip(random.normal(0.4 + 0.2 * positive, 0.3), 0, 1) * 5) / 5, positive)
    cases["all_tied"] = (np.full(12, 0.5), np.arange(12) % 3 == 0)
    cases["perfect"] = (np.arange(10.0), np.arange(10) >= 6)
    cases["reversed"] = (np.arange(10.0), np.arange(10) < 6)
    return cases


def ranking_scores(scores, positive, threshold):
    called = scores >= threshold
    return {
        "scores": scores.tolist(), "positive": positive.astype(int).tolist(), "threshold": threshold,
        "auroc": sklearn.metrics.roc_auc_score(positive, scores),
        "average_precision": sklearn.metrics.average_precision_score(positive, scores),
        "sensitivity": sklearn.metrics.recall_score(positive, called),
        "specificity": sklearn.metrics.recall_score(positive, called, pos_label=False),
        "f1": sklearn.metrics.f1_score(positive, called),
        "precision": sklearn.metrics.precision_score(positive, called) if called.any() else None,
    }


def calibration_error(probabilities, outcome, bins):
    """Guo et al. 2017, equation 3, bin after bin."""
    edges = np.linspace(0, 1, bins + 1)
    error = 0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (probabilities > low) & (probabilities <= high)
        if inside.any():
            error += inside.mean() * abs(probabilities[inside].mean() - outcome[inside].mean())
    return error


def label_cases():
    """Probabilities of labels and the true label."""
    for name, count, labels, sharpness in [("breast", 78, 3, 2.0), ("overconfident", 150, 4, 9.0), ("two", 40, 2, 1.0)]:
        truth = random.integers(0, labels, count)
        logits = random.normal(0, 1, (count, labels)) * sharpness
        logits[np.arange(count), truth] += sharpness
        yield name, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), truth


def label_scores(probabilities, truth):
    labels = probabilities.shape[1]
    likeliest = probabilities.argmax(1)
    rest = [truth == label for label in range(labels)]
    return {
        "labels": labels, "probabilities": probabilities.ravel().tolist(), "truth": truth.tolist(),
        "auroc": [sklearn.metrics.roc_auc_score(rest[k], probabilities[:, k]) for k in range(labels)],
        "average_precision": [sklearn.metrics.average_precision_score(rest[k], probabilities[:, k]) for k in range(labels)],
        "f1": sklearn.metrics.f1_score(truth, likeliest, average=None).tolist(),
        "sensitivity": sklearn.metrics.recall_score(truth, likeliest, average=None).tolist(),
        "macro_auroc": float(np.mean([sklearn.metrics.roc_auc_score(r, probabilities[:, k]) for k, r in enumerate(rest)])),
        "macro_f1": sklearn.metrics.f1_score(truth, likeliest, average="macro"),
        "accuracy": sklearn.metrics.accuracy_score(truth, likeliest),
        "negative_log_likelihood": sklearn.metrics.log_loss(truth, probabilities),
        "calibration_error": calibration_error(probabilities.max(1), likeliest == truth, 15),
    }


def blobs(height, width, count):
    """A mask of some ellipses, which may touch."""
    y, x = np.mgrid[0:height, 0:width]
    mask = np.zeros((height, width), bool)
    for _ in range(count):
        centre = random.random(2) * (height, width)
        radius = 1 + random.random(2) * 7
        mask |= ((y - centre[0]) / radius[0]) ** 2 + ((x - centre[1]) / radius[1]) ** 2 <= 1
    return mask


def logistic(x):
    return (1 / (1 + np.exp(-x))).astype(np.float32)


def map_sets():
    """Sets of heat maps whose values lie where bins could be too wide."""
    noise = lambda mask, spread: scipy.ndimage.gaussian_filter(random.normal(0, 3, mask.shape), 1) * spread + mask
    kinds = {
        "usual": lambda mask: logistic(noise(mask, 1.5) * 2),
        "near_zero": lambda mask: logistic(noise(mask, 1.5) * 2 - 14),
        "near_one": lambda mask: logistic(noise(mask, 1.5) * 2 + 9),
        "saturated": lambda mask: logistic(noise(mask, 2) * 30),
        "ties": lambda mask: np.round(logistic(noise(mask, 1.5)) * 8).astype(np.float32) / 8,
    }
    sizes = [(40, 32, 3), (24, 56, 1), (48, 48, 0), (33, 47, 4), (1, 60, 1)]
    for name, kind in kinds.items():
        masks = [blobs(*size) for size in sizes]
        yield name, [(kind(mask), mask) for mask in masks]


def region_overlap(images, limit):
    """AUPRO as Bergmann et al. 2020 define it, threshold after threshold."""
    regions = []  # values of the pixels of each
    for heat_map, mask in images:
        labels, count = scipy.ndimage.label(mask, structure=np.ones((3, 3)))
        regions += [np.sort(heat_map[labels == k + 1]) for k in range(count)]
    rest = np.sort(np.concatenate([heat_map[~mask] for heat_map, mask in images]))
    reached = lambda values, threshold: (len(values) - np.searchsorted(values, threshold)) / len(values)
    thresholds = np.unique(np.concatenate([heat_map.ravel() for heat_map, _ in images]))[::-1]
    rates = np.array([0] + [reached(rest, t) for t in thresholds])
    overlaps = np.array([0] + [np.mean([reached(region, t) for region in regions]) for t in thresholds])
    end = np.interp(limit, rates, overlaps)
    keep = rates < limit
    return float(np.trapezoid(np.append(overlaps[keep], end), np.append(rates[keep], limit)) / limit)


def map_scores(images):
    heat = np.concatenate([heat_map.ravel() for heat_map, _ in images])
    marked = np.concatenate([mask.ravel() for _, mask in images])
    dice = lambda p, t: 1.0 if not (p.any() or t.any()) else 2 * (p & t).sum() / (p.sum() + t.sum())
    iou = lambda p, t: 1.0 if not (p.any() or t.any()) else (p & t).sum() / (p | t).sum()
    return {
        "auroc": sklearn.metrics.roc_auc_score(marked, heat),
        "average_precision": sklearn.metrics.average_precision_score(marked, heat),
        "region_overlap": {str(limit): region_overlap(images, limit) for limit in (0.05, 0.3, 1.0)},
        "dice": [float(dice(heat_map >= 0.5, mask)) for heat_map, mask in images],
        "iou": [float(iou(heat_map >= 0.5, mask)) for heat_map, mask in images],
        "regions": [int(scipy.ndimage.label(mask, structure=np.ones((3, 3)))[1]) for _, mask in images],
    }


def bootstrap_scores():
    """Intervals of so many resamples that those of another generator lie close."""
    values = random.beta(5, 2, 70)
    interval = lambda data, statistic: list(scipy.stats.bootstrap(
        (data,), statistic, n_resamples=100_000, method="percentile", rng=3, batch=1000).confidence_interval)
    clusters = np.split(values, [10, 14, 40, 41, 45, 60, 66])
    sums = np.array([[len(c), c.sum()] for c in clusters])
    drawn = random.integers(0, len(clusters), (100_000, len(clusters)))
    means = sums[drawn].sum(1)
    return {
        "values": values.tolist(),
        "groups": [int(i) for i, cluster in enumerate(clusters) for _ in cluster],
        "mean": interval(values, np.mean),
        "median": interval(values, np.median),
        "mean_of_groups": np.percentile(means[:, 1] / means[:, 0], [2.5, 97.5]).tolist(),
    }


def main(folder):
    probabilities = random.random(200)
    outcome = random.random(200) < probabilities**2
    tensors = {}
    maps = {}
    for name, images in map_sets():
        maps[name] = map_scores(images)
        for number, (heat_map, mask) in enumerate(images):
            tensors[f"{name}.{number}.heat_map"] = heat_map
            tensors[f"{name}.{number}.mask"] = mask.astype(np.uint8)
    save_file(tensors, folder / "highlight_maps.safetensors")
    result = {
        "rankings": {name: ranking_scores(*case, 0.5) for name, case in ranking_cases().items()},
        "labels": {name: label_scores(p, truth) for name, p, truth in label_cases()},
        "calibration": {"probabilities": probabilities.tolist(), "outcome": outcome.astype(int).tolist(),
                        "errors": {str(bins): calibration_error(probabilities, outcome, bins) for bins in (1, 4, 10, 15)}},
        "maps": maps,
        "bootstrap": bootstrap_scores(),
    }
    with open(folder / "highlight_scores.json", "w", encoding="utf-8") as file:
        json.dump(result, file)
        file.write("\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
