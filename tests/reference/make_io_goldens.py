"""Makes tests/data/io/images: small files of every kind that Fovea reads, and what Pillow makes of their pixels.

Run with Pillow 13.0.0, numpy and safetensors:  python make_io_goldens.py ../data/io/images

goldens.safetensors holds one tensor per frame, "FILE#FRAME" (uint8, height x width x 3, upright, over white), and in
its metadata one line per file: "FORMAT FRAMES ORIENTATION TOLERANCE" (tolerance in levels: JPEG decoders differ by one).
"""

import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

WIDTH, HEIGHT = 45, 30


def picture(width=WIDTH, height=HEIGHT, seed=0):
    """Smooth colours with some noise: no symmetry that would hide a wrong turn."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 / width, y * 255 / height, 255 - (x + y) * 255 / (width + height)], axis=2)
    noise = np.random.default_rng(seed).integers(-12, 13, rgb.shape)
    return np.clip(rgb + noise, 0, 255).astype(np.uint8)


RGB = picture()
ALPHA = np.linspace(0, 255, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint8)
RGBA = np.dstack([RGB, ALPHA])
DEEP = (RGB.astype(np.uint32) * 65535 // 255 - np.minimum(RGB, 1) * 100).astype(np.uint16)  # low bytes matter
files = {}  # name -> (bytes, format, orientation, tolerance)
own_goldens = {}  # name -> pixels, where Pillow's own conversion is another (16 bits)


def add(name, image, orientation=1, tolerance=0, **options):
    if isinstance(image, Image.Image):
        buffer = io.BytesIO()
        image.save(buffer, **options)
        image = buffer.getvalue()
    kind = {"jpg": "jpeg", "tif": "tiff", "ppm": "pnm", "pgm": "pnm", "pbm": "pnm"}.get(name[-3:], name.split(".")[1])
    files[name] = (image, kind, orientation, tolerance)


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def from_array(array, mode=None):
    image = Image.fromarray(array)
    return image.convert(mode) if mode else image


def round_to_8(samples, maximum):
    return ((samples.astype(np.uint64) * 255 + maximum // 2) // maximum).astype(np.uint8)


def png(width, height, bits, colour_type, rows, interlace=0, extra=b""):
    """A PNG from rows of bytes (16 bits, other colour types and interlacing, which Pillow does not write)."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, interlace)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def adam7_rows(pixels):
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        yield from (row.tobytes() for row in pixels[y::dy, x::dx])


def bmp(header, bits, compression, body, tables=b"", height=HEIGHT):
    offset = 14 + header + len(tables)
    if header == 12:
        info = struct.pack("<IHHHH", 12, WIDTH, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + info + tables + body


def bmp_rows(rows):
    return b"".join(bytes(row) + b"\0" * (-len(bytes(row)) % 4) for row in rows)


def jpegs():
    image = from_array(RGB)
    add("rgb.jpg", image, tolerance=2, format="jpeg", quality=90)
    add("rgb444.jpg", image, tolerance=2, format="jpeg", quality=85, subsampling=0)
    add("grey.jpg", image.convert("L"), tolerance=2, format="jpeg", quality=90)
    add("progressive.jpg", image, tolerance=2, format="jpeg", quality=90, progressive=True)
    add("restart.jpg", image, tolerance=2, format="jpeg", quality=90, restart_marker_blocks=2)
    for orientation in range(1, 9):
        add(f"orientation{orientation}.jpg", image, orientation, 2, format="jpeg", quality=90, exif=exif(orientation))
    add("cmyk.jpg", image.convert("CMYK"), tolerance=2, format="jpeg", quality=95)
    cmyk = files["cmyk.jpg"][0]
    adobe = cmyk.index(b"Adobe")
    add("ycck.jpg", cmyk[: adobe + 11] + b"\2" + cmyk[adobe + 12 :], tolerance=2)  # the same numbers, read as YCCK
    add("a_png_in_truth.jpg", b"")  # filled below


def pngs():
    image = from_array(RGB)
    add("rgb.png", image, format="png")
    add("rgba.png", from_array(RGBA), format="png")
    add("grey.png", image.convert("L"), format="png")
    add("grey_alpha.png", from_array(RGBA).convert("LA"), format="png")
    add("palette.png", image.quantize(20), format="png")
    add("palette_transparent.png", image.quantize(20), format="png", transparency=3)
    add("bits1.png", image.convert("1"), format="png")
    add("orientation6.png", image, 6, format="png", exif=exif(6))
    add("interlaced.png", png(WIDTH, HEIGHT, 8, 2, adam7_rows(RGB), interlace=1))
    alpha16 = ALPHA.astype(np.uint16) * 257
    add("rgb16.png", png(WIDTH, HEIGHT, 16, 2, [row.astype(">u2").tobytes() for row in DEEP]))
    add("rgba16.png", png(WIDTH, HEIGHT, 16, 6, [row.astype(">u2").tobytes() for row in np.dstack([DEEP, alpha16])]))
    add("grey16.png", png(WIDTH, HEIGHT, 16, 0, [row.astype(">u2").tobytes() for row in DEEP[:, :, 0]]))
    deep8 = round_to_8(DEEP, 65535)
    own_goldens["rgb16.png"] = deep8
    own_goldens["rgba16.png"] = over_white(np.dstack([deep8, ALPHA]))
    own_goldens["grey16.png"] = np.repeat(deep8[:, :, :1], 3, axis=2)
    files["a_png_in_truth.jpg"] = (files["rgb.png"][0], "png", 1, 0)


def webps():
    image = from_array(RGB)
    add("lossy.webp", image, format="webp", quality=80)
    add("lossless.webp", image, format="webp", lossless=True)
    add("alpha.webp", from_array(RGBA), format="webp", lossless=True, exact=True)
    add("orientation8.webp", image, 8, format="webp", quality=80, exif=exif(8))
    second = from_array(picture(seed=1))
    add("animation.webp", image, format="webp", lossless=True, save_all=True, append_images=[second], duration=100)


def tiffs():
    image = from_array(RGB)
    pages = [image.convert("L"), image.quantize(20), from_array(picture(21, 50, 3))]
    add("pages.tif", image, format="tiff", save_all=True, append_images=pages, compression="tiff_lzw")
    add("raw.tif", image, format="tiff")
    add("deflate.tif", image, format="tiff", compression="tiff_adobe_deflate")
    add("packbits.tif", image, format="tiff", compression="packbits")
    add("jpeg.tif", image, tolerance=2, format="tiff", compression="jpeg", quality=90)
    add("fax.tif", image.convert("1"), format="tiff", compression="group4")
    add("big.tif", image, format="tiff", big_tiff=True)
    add("rgba.tif", from_array(RGBA), tolerance=1, format="tiff")  # libtiff multiplies by alpha before it is added
    add("cmyk.tif", image.convert("CMYK"), tolerance=1, format="tiff")
    add("grey16.tif", Image.fromarray(DEEP[:, :, 0].copy()), tolerance=1, format="tiff")  # libtiff does not round here
    own_goldens["grey16.tif"] = np.repeat(round_to_8(DEEP[:, :, :1], 65535), 3, axis=2)
    for orientation in (3, 5, 6):
        add(f"orientation{orientation}.tif", image, orientation, format="tiff", tiffinfo={0x0112: orientation})


def bmps():
    image = from_array(RGB)
    add("rgb.bmp", image, format="bmp")
    add("palette.bmp", image.quantize(20), format="bmp")
    add("bits1.bmp", image.convert("1"), format="bmp")
    bgr = RGB[:, :, ::-1]
    add("top_down.bmp", bmp(40, 24, 0, bmp_rows(row.tobytes() for row in bgr), height=-HEIGHT))
    add("core.bmp", bmp(12, 24, 0, bmp_rows(row.tobytes() for row in bgr[::-1])))
    add("bits32.bmp", bmp(40, 32, 0, np.dstack([bgr, ALPHA])[::-1].tobytes()))
    r, g, b = (RGB[::-1, :, c].astype(np.uint16) for c in range(3))
    rows565 = ((r >> 3) << 11 | (g >> 2) << 5 | b >> 3).astype("<u2")
    add("bits565.bmp", bmp(40, 16, 3, bmp_rows(row.tobytes() for row in rows565), struct.pack("<III", 0xF800, 0x7E0, 0x1F)), tolerance=1)
    rows555 = ((r >> 3) << 10 | (g >> 3) << 5 | b >> 3).astype("<u2")
    add("bits555.bmp", bmp(40, 16, 0, bmp_rows(row.tobytes() for row in rows555)), tolerance=1)

    indices = (np.asarray(image.convert("L")) // 16).astype(np.uint8)
    grey16 = b"".join(bytes([17 * i] * 3 + [0]) for i in range(16))
    body8, body4 = b"", b""
    for row in indices[::-1]:
        body8 += bytes([0, 20]) + row[:20].tobytes()  # as they are
        body4 += bytes([0, 21]) + bytes(int(a) << 4 | int(b) for a, b in zip(row[0:21:2], list(row[1:21:2]) + [0])) + b"\0"
        for index in row[20:]:
            body8 += bytes([1, index])
        for index in row[21:]:
            body4 += bytes([1, int(index) << 4])
        body8, body4 = body8 + b"\0\0", body4 + b"\0\0"
    grey256 = grey16 + b"\0" * (240 * 4)
    add("rle8.bmp", bmp(40, 8, 1, body8 + b"\0\1", grey256))
    add("rle4.bmp", bmp(40, 4, 2, body4 + b"\0\1", grey16))
    own_goldens["rle4.bmp"] = own_goldens["rle8.bmp"] = np.repeat(indices[:, :, None] * 17, 3, axis=2)
    own_goldens["core.bmp"] = RGB


def pnms():
    grey = np.asarray(from_array(RGB, "L"))
    bits = np.asarray(from_array(RGB).convert("1"))
    size = f"{WIDTH} {HEIGHT}\n".encode()

    def plain(samples):
        return b"\n".join(b" ".join(str(v).encode() for v in row.ravel()) for row in samples)

    add("p1.pbm", b"P1\n# a comment\n" + size + plain((~bits).astype(int)))
    add("p2.pgm", b"P2 " + size + b"255 # the maximum\n" + plain(grey))
    add("p3.ppm", b"P3\n" + size + b"255\n" + plain(RGB))
    add("p4.pbm", b"P4\n" + size + np.packbits(~bits, axis=1).tobytes())
    add("p5.pgm", b"P5\n" + size + b"255\n" + grey.tobytes())
    add("p6.ppm", b"P6\n# a comment\n" + size + b"255\n" + RGB.tobytes())
    add("p6_15.ppm", b"P6\n" + size + b"15\n" + (RGB // 16).tobytes())
    add("p5_16.pgm", b"P5\n" + size + b"65535\n" + DEEP[:, :, 0].astype(">u2").tobytes())
    own_goldens["p6_15.ppm"] = RGB // 16 * 17
    own_goldens["p5_16.pgm"] = np.repeat(round_to_8(DEEP[:, :, :1], 65535), 3, axis=2)


def gifs():
    image = from_array(RGB).quantize(20)
    add("plain.gif", image, format="gif", interlace=False)
    add("interlaced.gif", image, format="gif", interlace=True)
    add("transparent.gif", image, format="gif", transparency=3)
    second = from_array(picture(seed=1)).quantize(20)
    add("animation.gif", image, format="gif", save_all=True, append_images=[second], duration=100)
    whole = files["plain.gif"][0]
    start = whole.index(b"\x2c\0\0\0\0")  # the image descriptor: moved right and down on a larger screen
    screen = struct.pack("<HH", WIDTH + 10, HEIGHT + 7)
    add("offset.gif", whole[:6] + screen + whole[10 : start + 1] + struct.pack("<HH", 4, 5) + whole[start + 5 :])
    canvas = np.full((HEIGHT + 7, WIDTH + 10, 3), 255, np.uint8)
    canvas[5 : 5 + HEIGHT, 4 : 4 + WIDTH] = np.asarray(image.convert("RGB"))
    own_goldens["offset.gif"] = canvas


def over_white(rgba):
    colour, alpha = rgba[:, :, :3].astype(np.uint32), rgba[:, :, 3:].astype(np.uint32)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def golden(image):
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        return over_white(np.asarray(upright.convert("RGBA")))
    return np.asarray(upright.convert("RGB")).copy()


def main(folder):
    folder.mkdir(exist_ok=True)
    for make in (jpegs, pngs, webps, tiffs, bmps, pnms, gifs):
        make()
    tensors, lines = {}, {}
    for name, (data, kind, orientation, tolerance) in files.items():
        (folder / name).write_bytes(data)
        image = Image.open(io.BytesIO(data))
        frames = getattr(image, "n_frames", 1) if kind == "tiff" else 1
        lines[name] = f"{kind} {frames} {orientation} {tolerance}"
        for frame in range(frames):
            if name in own_goldens:
                pixels = own_goldens[name]
            else:
                image.seek(frame)
                pixels = golden(image)
            tensors[f"{name}#{frame + 1}"] = np.ascontiguousarray(pixels)
    save_file(tensors, folder / "goldens.safetensors", metadata=lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
