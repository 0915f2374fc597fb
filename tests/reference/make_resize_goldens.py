"""Makes tests/data/io/resize.safetensors: small images and what Pillow resizes them to.

Run with Pillow 13.0.0, numpy and safetensors:  python make_resize_goldens.py ../data/io
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
RARE_FILTERS = {"nearest": Image.Resampling.NEAREST, "lanczos": Image.Resampling.LANCZOS, "box": Image.Resampling.BOX,
                "hamming": Image.Resampling.HAMMING}
MOST_PIXELS = 1000  # of results with the rare filters, which keeps the file small


def noise(width, height):
    return np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3), dtype=np.uint8)


def checkerboard(width, height):
    """Black against white: the cubic overshoots on both sides and is cut off."""
    y, x = np.mgrid[0:height, 0:width]
    return np.repeat(((x // 3 + y // 2) % 2 * 255).astype(np.uint8)[:, :, None], 3, axis=2)


def waves(width, height):
    """Smooth, a different picture in each channel."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([127.5 + 127.5 * np.sin(x / (3 + c) + y / (5 - c)) for c in range(3)], axis=2).astype(np.uint8)


CASES = [  # input, output width, output height
    (noise(37, 23), 64, 41),
    (noise(64, 48), 17, 13),
    (noise(113, 71), 24, 24),
    (noise(1, 1), 5, 4),
    (noise(2, 3), 17, 11),
    (noise(300, 7), 3, 50),
    (noise(5, 401), 40, 2),
    (noise(41, 30), 41, 9),  # only one side changes
    (noise(41, 30), 9, 30),
    (noise(19, 31), 18, 32),
    (checkerboard(40, 40), 55, 63),
    (checkerboard(70, 50), 31, 29),
    (waves(56, 56), 64, 64),  # the ratio of 224 to 256
    (waves(211, 157), 14, 14),
]


def main(folder):
    tensors = {}
    for number, (pixels, width, height) in enumerate(CASES):
        tensors[f"{number:02d}.input"] = pixels
        rare = RARE_FILTERS if width * height <= MOST_PIXELS else {}
        for name, resampling in (FILTERS | rare).items():
            resized = Image.fromarray(pixels).resize((width, height), resampling)
            tensors[f"{number:02d}.{name}"] = np.asarray(resized).copy()
    save_file(tensors, folder / "resize.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
