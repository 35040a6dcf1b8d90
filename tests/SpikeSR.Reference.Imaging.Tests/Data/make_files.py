#!/usr/bin/env python3
"""Makes the image files that the decoders are tested with, and what other tools read from them.

Every file is written by a tool that is not this project (PIL, ImageMagick, netpbm, libtiff, GDAL, libjpeg-turbo). NAME.samples holds the
samples that another tool reads from NAME, interleaved, little-endian; manifest.tsv holds one line a file: name, width, height, channels,
kind (UInt8, UInt16, Int16, Float32), alpha (None, Straight, Premultiplied), tolerance in levels.

Needs Debian's python3-pil, python3-numpy, imagemagick, netpbm, libjpeg-turbo-progs. Run it in its own folder: python3 make_files.py [png jpeg pnm resampling metrics]
"""
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
KINDS = {"u1": "UInt8", "u2": "UInt16", "i2": "Int16", "f4": "Float32"}


def run(*command, stdin=None):
    return subprocess.run([str(part) for part in command], input=stdin, check=True, stdout=subprocess.PIPE).stdout


def picture(height, width, channels, levels, seed):
    """Slopes, an edge and noise: every filter and predictor has something to do."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for channel in range(channels):
        plane = 0.5 + 0.4 * np.sin(x * (0.2 + 0.1 * channel)) * np.cos(y * 0.15 + channel)
        plane = np.where(x + y > (width + height) * 0.6, 1 - plane, plane) + random.normal(0, 0.02, plane.shape)
        planes.append(np.clip(plane, 0, 1))
    return np.round(np.stack(planes, -1) * (levels - 1)).astype("<u2" if levels > 256 else "u1")


def read_pam(data):
    """A PAM, PGM or PPM (binary) as [height, width, channels] and its largest value."""
    if data[:2] == b"P7":
        head, _, body = data.partition(b"ENDHDR\n")
        fields = dict(line.split(None, 1) for line in head.decode().splitlines()[1:] if not line.startswith("#"))
        width, height, depth, top = (int(fields[key]) for key in ("WIDTH", "HEIGHT", "DEPTH", "MAXVAL"))
    else:
        magic, width, height, top, body = data.split(None, 4) if data[:2] != b"P4" else (None,) * 5
        depth, width, height, top = {b"P5": 1, b"P6": 3}[magic], int(width), int(height), int(top)
    samples = np.frombuffer(body, ">u2" if top > 255 else "u1", width * height * depth)
    return samples.reshape(height, width, depth), top


class Manifest:
    def __init__(self, folder):
        self.folder = HERE / folder
        self.folder.mkdir(exist_ok=True)
        self.lines = []

    def add(self, name, samples, alpha="None", tolerance=0):
        samples = np.ascontiguousarray(samples)
        kind = KINDS[samples.dtype.str[1:]]
        samples.astype(samples.dtype.newbyteorder("<")).tofile(self.folder / f"{name}.samples")
        height, width, channels = samples.shape
        self.lines.append("\t".join(str(x) for x in (name, width, height, channels, kind, alpha, tolerance)))

    def close(self):
        (self.folder / "manifest.tsv").write_text("".join(line + "\n" for line in self.lines))


def make_png():
    manifest = Manifest("png")
    folder = manifest.folder

    def add(name, channels, alpha):
        # libpng by way of netpbm; small depths are scaled to 8 bits, as every PNG decoder does.
        samples, top = read_pam(run("pngtopam", "-alphapam", folder / name))
        samples = samples.astype("<u2" if top > 255 else "u1") * (255 // top if top < 255 else 1)
        colours = samples[..., :-1]
        if colours.shape[-1] == 1 and channels - alpha == 3:
            colours = np.repeat(colours, 3, -1)
        assert colours.shape[-1] == channels - alpha, (name, samples.shape)
        kept = np.concatenate([colours, samples[..., -1:]], -1) if alpha else colours
        manifest.add(name, kept.astype(samples.dtype), "Straight" if alpha else "None")

    def pil(name, image, channels, alpha=False, **options):
        image.save(folder / name, **options)
        add(name, channels, alpha)

    def magick(name, samples, channels, *options, alpha=False):
        height, width, depth = samples.shape
        bits = 8 * samples.dtype.itemsize
        raw = {1: "gray", 2: "graya", 3: "rgb", 4: "rgba"}[depth]
        run("convert", "-size", f"{width}x{height}", "-depth", bits, "-endian", "LSB", f"{raw}:-",
            "-define", "png:exclude-chunks=date,time,bKGD", *options, f"PNG:{folder / name}", stdin=samples.tobytes())
        add(name, channels, alpha)

    rgb = picture(17, 23, 3, 256, 1)
    rgba = picture(17, 23, 4, 256, 2)
    rgb16 = picture(17, 23, 3, 65536, 3)
    rgba16 = picture(17, 23, 4, 65536, 4)
    pil("pil-grey.png", Image.fromarray(rgb[..., 0]), 1)
    pil("pil-grey-alpha.png", Image.fromarray(np.ascontiguousarray(rgb[..., :2]), "LA"), 2, True)
    pil("pil-rgb.png", Image.fromarray(rgb), 3)
    pil("pil-rgba.png", Image.fromarray(rgba), 4, True)
    pil("pil-bilevel.png", Image.fromarray(rgb[..., 0] > 127), 1)
    pil("pil-grey16.png", Image.fromarray(rgb16[..., 0].astype("u2")), 1)
    palette = Image.fromarray(rgb).quantize(200)
    pil("pil-palette.png", palette, 3)
    pil("pil-palette-transparency.png", palette, 4, True, transparency=bytes(range(0, 250, 5)))
    pil("pil-grey-transparency.png", Image.fromarray(rgb[..., 0]), 2, True, transparency=int(rgb[5, 5, 0]))
    profile = bytes(128) + bytes(range(256)) * 3
    pil("pil-rgb-profile-density.png", Image.fromarray(rgb), 3, icc_profile=profile, dpi=(300, 150))
    (folder / "pil-rgb-profile-density.png.icc").write_bytes(profile)
    for bits in (1, 2, 4):
        pil(f"pil-palette{bits}.png", Image.fromarray(rgb).quantize(1 << bits), 3, bits=bits)
    for filter_type in range(5):
        magick(f"magick-filter{filter_type}.png", rgb, 3, "-define", f"png:compression-filter={filter_type}")
    for interlace in ((), ("-interlace", "PNG")):
        suffix = "-interlaced" if interlace else ""
        magick(f"magick-rgb16{suffix}.png", rgb16, 3, *interlace)
        magick(f"magick-rgba16{suffix}.png", rgba16, 4, *interlace, alpha=True)
        magick(f"magick-rgba8{suffix}.png", rgba, 4, *interlace, alpha=True)
        magick(f"magick-grey-alpha16{suffix}.png", np.ascontiguousarray(rgb16[..., :2]), 2, *interlace, alpha=True)
        for bits in (1, 2, 4):
            quantised = (rgb[..., :1] >> (8 - bits)) * (255 // ((1 << bits) - 1))
            magick(f"magick-grey{bits}{suffix}.png", quantised, 1, *interlace,
                   "-define", f"png:bit-depth={bits}", "-define", "png:color-type=0")
    for width, height in ((1, 1), (2, 3), (3, 1), (1, 5), (5, 5), (8, 8), (9, 2)):
        magick(f"magick-interlaced-{width}x{height}.png", rgb[:height, :width], 3, "-interlace", "PNG", "-define", "png:color-type=2")
    magick("magick-interlaced-palette4.png", (rgb // 120) * 120, 3, "-interlace", "PNG", "-define", "png:color-type=3")
    ppm = b"P6\n23 17\n255\n" + rgb.tobytes()
    (folder / "netpbm-transparent.png").write_bytes(run("pnmtopng", "-force", "-transparent", "=#%02x%02x%02x" % tuple(rgb[3, 4]), stdin=ppm))
    # pngtopam leaves a transparent RGB colour opaque; PIL and ImageMagick do not.
    manifest.add("netpbm-transparent.png", np.asarray(Image.open(folder / "netpbm-transparent.png").convert("RGBA")), "Straight")
    (folder / "netpbm-gamma.png").write_bytes(run("pnmtopng", "-force", "-gamma", "0.45455", "-size", "3937 2000 1", stdin=ppm))
    add("netpbm-gamma.png", 3, False)
    manifest.close()


def make_jpeg():
    manifest = Manifest("jpeg")
    folder = manifest.folder
    wide = picture(29, 37, 3, 256, 21)
    Image.fromarray(wide).save(folder / "source.png")

    def add(name):
        # libjpeg-turbo with its defaults: accurate integer transform, smooth enlargement of colour.
        manifest.add(name, read_pam(run("djpeg", "-pnm", "-dct", "int", folder / name))[0])

    def cjpeg(name, samples, *options):
        magic = b"P6" if samples.shape[2] == 3 else b"P5"
        pnm = magic + b"\n%d %d\n255\n" % (samples.shape[1], samples.shape[0]) + np.ascontiguousarray(samples).tobytes()
        (folder / name).write_bytes(run("cjpeg", *options, stdin=pnm))
        add(name)

    for sampling in ("1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x2,1x1,2x1", "1x1,2x2,1x1", "2x1,1x2,1x1"):
        cjpeg(f"turbo-{sampling.replace(',', '-')}.jpg", wide, "-sample", sampling, "-quality", "85")
    for sampling in ("1x1", "2x1", "1x2", "2x2"):
        cjpeg(f"turbo-progressive-{sampling}.jpg", wide, "-sample", sampling, "-quality", "90", "-progressive")
    for width, height in ((1, 1), (2, 2), (3, 2), (4, 5), (5, 17), (16, 16), (17, 33), (32, 8)):
        cjpeg(f"turbo-size-{width}x{height}.jpg", np.tile(wide, (2, 1, 1))[:height, :width], "-sample", "2x2")
        cjpeg(f"turbo-progressive-size-{width}x{height}.jpg", np.tile(wide, (2, 1, 1))[:height, :width], "-sample", "2x1", "-progressive")
    for quality in (1, 25, 100):
        cjpeg(f"turbo-quality{quality}.jpg", wide, "-quality", quality)
    noise = np.random.default_rng(22).integers(0, 256, (24, 24, 3)).astype("u1")
    cjpeg("turbo-noise.jpg", noise, "-quality", "95")
    cjpeg("turbo-noise-progressive.jpg", noise, "-quality", "98", "-progressive", "-sample", "1x1")
    cjpeg("turbo-grey.jpg", wide[..., :1])
    cjpeg("turbo-grey-2x2.jpg", wide[..., :1], "-sample", "2x2")
    cjpeg("turbo-grey-progressive.jpg", wide[..., :1], "-progressive")
    cjpeg("turbo-rgb.jpg", wide, "-rgb", "-sample", "1x1")
    cjpeg("turbo-optimized.jpg", wide, "-optimize")
    cjpeg("turbo-restart-rows.jpg", wide, "-restart", "1", "-sample", "2x2")
    cjpeg("turbo-restart-blocks.jpg", wide, "-restart", "2B", "-sample", "2x1")
    cjpeg("turbo-restart-progressive.jpg", wide, "-restart", "3B", "-progressive")
    scans = folder / "scans.txt"
    scans.write_text("0;\n1;\n2;\n")
    cjpeg("turbo-three-scans.jpg", wide, "-scans", scans, "-sample", "2x2")
    scans.write_text("0;\n1 2;\n")
    cjpeg("turbo-two-scans.jpg", wide, "-scans", scans, "-sample", "2x1", "-restart", "3B")
    scans.write_text("0 1 2: 0-0, 0, 3;\n0: 1-63, 0, 3;\n1: 1-5, 0, 2;\n1: 6-63, 0, 2;\n2: 1-63, 0, 1;\n0 1 2: 0-0, 3, 2;\n0 1 2: 0-0, 2, 1;\n"
                     "0 1 2: 0-0, 1, 0;\n0: 1-63, 3, 2;\n0: 1-63, 2, 1;\n0: 1-63, 1, 0;\n1: 1-63, 2, 1;\n1: 1-63, 1, 0;\n2: 1-63, 1, 0;\n")
    cjpeg("turbo-many-scans.jpg", wide, "-scans", scans, "-sample", "2x2", "-quality", "97")
    scans.unlink()
    (folder / "turbo-arithmetic.jpg.refused").write_bytes(run("cjpeg", "-arithmetic", stdin=b"P5 8 8 255\n" + bytes(64)))
    Image.new("CMYK", (8, 8)).save(folder / "pil-cmyk.jpg.refused", "JPEG")

    image = Image.fromarray(wide)
    profile = bytes(range(256)) * 2
    image.save(folder / "pil-profile-density.jpg", icc_profile=profile, dpi=(300, 150), quality=80)
    (folder / "pil-profile-density.jpg.icc").write_bytes(profile)
    add("pil-profile-density.jpg")
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[274] = orientation
        name = f"pil-orientation{orientation}.jpg"
        image.save(folder / name, exif=exif, quality=75, subsampling=2, progressive=orientation % 2 == 0)
        manifest.add(name, np.asarray(ImageOps.exif_transpose(Image.open(folder / name))))
    ppm = b"P6\n37 29\n255\n" + wide.tobytes()
    (folder / "magick.jpg").write_bytes(run("convert", "ppm:-", "-strip", "-quality", "88", "jpg:-", stdin=ppm))
    add("magick.jpg")
    (folder / "netpbm.jpg").write_bytes(run("pnmtojpeg", "-quality=70", "-density=3x2", stdin=ppm))
    add("netpbm.jpg")
    manifest.close()


def make_pnm():
    manifest = Manifest("pnm")
    folder = manifest.folder
    rgb, rgb16 = picture(11, 19, 3, 256, 31), picture(11, 19, 3, 65536, 32)

    def add(name, data, samples, top):
        (folder / name).write_bytes(data)
        full = 255 if top < 256 else 65535
        manifest.add(name, np.floor(samples.astype(float) * full / top + 0.5).astype("<u1" if top < 256 else "<u2"))

    def pam(samples, top):
        height, width, depth = samples.shape
        head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL {top}\nTUPLTYPE {'RGB' if depth == 3 else 'GRAYSCALE'}\nENDHDR\n"
        return head.encode() + samples.astype(">u2" if top > 255 else "u1").tobytes()

    for top, source in ((255, rgb), (65535, rgb16), (1023, rgb16 // 64), (100, np.minimum(rgb // 2, 100)), (1, rgb // 128), (257, rgb16 // 256)):
        for samples, name in ((source, "ppm"), (source[..., :1], "pgm")):
            raw = run("pamtopnm", stdin=pam(np.ascontiguousarray(samples), top))
            add(f"netpbm-{top}.{name}", raw, samples, top)
            add(f"netpbm-plain-{top}.{name}", run("pnmtoplainpnm", stdin=raw), samples, top)
    bits = rgb[..., :1] // 128
    raw = run("pamtopnm", stdin=pam(np.ascontiguousarray(bits), 1).replace(b"GRAYSCALE", b"BLACKANDWHITE"))
    assert raw[:2] == b"P4"
    add("netpbm.pbm", raw, bits, 1)
    add("netpbm-plain.pbm", run("pnmtoplainpnm", stdin=raw), bits, 1)
    Image.fromarray(rgb).save(folder / "pil.ppm")
    add("pil.ppm", (folder / "pil.ppm").read_bytes(), np.asarray(Image.open(folder / "pil.ppm")), 255)
    commented = run("convert", "ppm:-", "-set", "comment", "one\ntwo", "-compress", "none", "ppm:-", stdin=b"P6 19 11 255\n" + rgb.tobytes())
    assert b"#" in commented
    add("magick-plain-comment.ppm", commented, rgb, 255)
    manifest.close()


def make_resampling():
    """Pillow's bicubic: 8-bit RGB as PNG files, one float plane as raw bytes."""
    folder = HERE / "resampling"
    folder.mkdir(exist_ok=True)
    lines = []
    extremes = np.random.default_rng(7).integers(0, 2, (19, 26, 3)).astype("u1") * 255
    for name, samples in (("picture", picture(29, 37, 3, 256, 5)), ("extremes", extremes)):
        image = Image.fromarray(samples)
        image.save(folder / f"{name}.png")
        for width, height in ((9, 7), (10, 31), (37, 11), (148, 116), (74, 58), (50, 29), (26, 19), (1, 1), (2, 90)):
            output = f"{name}-{width}x{height}.png"
            image.resize((width, height), Image.BICUBIC).save(folder / output, optimize=True)
            lines.append(f"{name}.png\t{width}\t{height}\t{output}")
    (folder / "manifest.tsv").write_text("".join(line + "\n" for line in lines))
    plane = np.random.default_rng(8).normal(0, 1000, (21, 33)).astype("<f4")
    plane.tofile(folder / "plane-33x21.float")
    for width, height in ((8, 5), (70, 50), (33, 40), (12, 21)):
        np.asarray(Image.fromarray(plane).resize((width, height), Image.BICUBIC)).astype("<f4").tofile(folder / f"plane-{width}x{height}.float")


def make_metrics():
    """PSNR and SSIM by their definitions: direct two-dimensional windows, nothing separable."""
    folder = HERE / "metrics"
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(11)
    reference = picture(40, 48, 3, 256, 9)
    images = {
        "noisy": np.clip(reference + random.normal(0, 8, reference.shape), 0, 255).round().astype("u1"),
        "shifted": np.roll(reference, 1, 1),
        "brighter": np.clip(reference.astype(int) + 20, 0, 255).astype("u1"),
        "unrelated": random.integers(0, 256, reference.shape).astype("u1"),
    }
    Image.fromarray(reference).save(folder / "reference.png")
    offsets = np.arange(11) - 5.0
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def luma(image):
        return image @ np.array([65.481, 128.553, 24.966]) / 255 + 16

    def psnr(x, y):
        return 10 * np.log10(255**2 / np.mean((x - y) ** 2))

    def ssim(x, y):
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        values = []
        for row in range(x.shape[0] - 10):
            for column in range(x.shape[1] - 10):
                a, b = x[row:row + 11, column:column + 11], y[row:row + 11, column:column + 11]
                m, n = (window * a).sum(), (window * b).sum()
                v, w, s = (window * (a - m) ** 2).sum(), (window * (b - n) ** 2).sum(), (window * (a - m) * (b - n)).sum()
                values.append((2 * m * n + c1) * (2 * s + c2) / ((m * m + n * n + c1) * (v + w + c2)))
        return np.mean(values)

    lines = []
    for name, image in images.items():
        Image.fromarray(image).save(folder / f"{name}.png")
        for border in (0, 4):
            inner = (slice(border, 40 - border), slice(border, 48 - border))
            x, y = image[inner].astype(float), reference[inner].astype(float)
            ssims = [ssim(x[..., c], y[..., c]) for c in range(3)]
            numbers = (psnr(luma(x), luma(y)), psnr(x, y), ssim(luma(x), luma(y)), np.mean(ssims))
            lines.append("\t".join([name + ".png", str(border), *(repr(float(number)) for number in numbers)]))
    (folder / "manifest.tsv").write_text("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    makers = {"png": make_png, "jpeg": make_jpeg, "pnm": make_pnm, "resampling": make_resampling, "metrics": make_metrics}
    for maker in sys.argv[1:] or makers:
        makers[maker]()
