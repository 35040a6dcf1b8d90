#!/usr/bin/env python3
"""Makes the image files that the decoders are tested with, and what other tools read from them.

Every file is written by a tool that is not this project (PIL, ImageMagick, netpbm, libtiff, GDAL, libjpeg-turbo). NAME.samples holds the
samples that another tool reads from NAME, interleaved, little-endian; manifest.tsv holds one line a file: name, width, height, channels,
kind (UInt8, UInt16, Int16, Float32), alpha (None, Straight, Premultiplied), tolerance in levels, and the samples' file if another one has the same.

Needs Debian's python3-pil, python3-numpy, imagemagick, netpbm, libjpeg-turbo-progs, libtiff-tools, python3-gdal. Run it in its own folder: python3 make_files.py [png jpeg pnm tiff resampling metrics]
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
        self.stored = {}

    def add(self, name, samples, alpha="None", tolerance=0):
        samples = np.ascontiguousarray(samples)
        kind = KINDS[samples.dtype.str[1:]]
        data = samples.astype(samples.dtype.newbyteorder("<")).tobytes()
        stored = self.stored.setdefault((kind, samples.shape, data), name)
        if stored == name:
            (self.folder / f"{name}.samples").write_bytes(data)
        height, width, channels = samples.shape
        self.lines.append("\t".join(str(x) for x in (name, width, height, channels, kind, alpha, tolerance, stored)))

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
    for orientation in (5, 6):
        exif = Image.Exif()
        exif[274] = orientation
        name = f"pil-exif{orientation}.png"
        Image.fromarray(rgb).save(folder / name, exif=exif)
        manifest.add(name, np.asarray(ImageOps.exif_transpose(Image.open(folder / name))))
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


def make_tiff():
    from osgeo import gdal

    gdal.UseExceptions()
    manifest = Manifest("tiff")
    folder = manifest.folder
    rgb, rgb16 = picture(18, 20, 3, 256, 41), picture(18, 20, 3, 65536, 42)
    rgba, bands16 = picture(18, 20, 4, 256, 43), picture(18, 20, 5, 65536, 44)
    floats = (picture(18, 20, 3, 65536, 45).astype("<f4") - 30000) / 700
    floats[3, 4] = np.nan
    signed = (picture(18, 20, 2, 65536, 46).astype(int) - 32768).astype("<i2")
    types = {"u1": gdal.GDT_Byte, "u2": gdal.GDT_UInt16, "i2": gdal.GDT_Int16, "f4": gdal.GDT_Float32}

    def read(name):
        array = gdal.Open(str(folder / name)).ReadAsArray()
        return np.moveaxis(array, 0, -1) if array.ndim == 3 else array[..., None]

    def add(name, alpha="None"):
        manifest.add(name, read(name), alpha)

    def write(name, samples, *options, change=lambda dataset: None, alpha="None"):
        height, width, depth = samples.shape
        driver = gdal.GetDriverByName("GTiff")
        dataset = driver.Create(str(folder / name), width, height, depth, types[samples.dtype.str[1:]], options=list(options))
        change(dataset)
        for band in range(depth):
            dataset.GetRasterBand(band + 1).WriteArray(samples[..., band])
        dataset = None
        side = folder / (name + ".aux.xml")
        side.unlink(missing_ok=True)
        add(name, alpha)

    layouts = {
        "strips": ("BLOCKYSIZE=5",), "bands": ("BLOCKYSIZE=7", "INTERLEAVE=BAND"), "tiles": ("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"),
        "band-tiles": ("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "INTERLEAVE=BAND"),
    }
    packings = [("NONE", 1), ("LZW", 1), ("LZW", 2), ("DEFLATE", 1), ("DEFLATE", 2), ("PACKBITS", 1), ("LZW", 3), ("DEFLATE", 3)]
    number = 0
    for label, samples in (("rgb8", rgb), ("rgb16", rgb16), ("float", floats)):
        for compression, predictor in packings:
            if predictor == 3 and label != "float":
                continue
            for layout in list(layouts)[number % 2::2]:
                order = "BIG" if number % 3 == 0 else "LITTLE"
                big = "YES" if number % 4 == 0 else "NO"
                name = f"gdal-{label}-{layout}-{compression.lower()}{predictor}{'-be' if order == 'BIG' else ''}{'-big' if big == 'YES' else ''}.tif"
                predict = (f"PREDICTOR={predictor}",) if predictor > 1 else ()
                write(name, samples, *layouts[layout], f"COMPRESS={compression}", *predict, f"ENDIANNESS={order}", f"BIGTIFF={big}")
            number += 1
    write("gdal-rgba.tif", rgba, "ALPHA=UNSPECIFIED", "PHOTOMETRIC=RGB", alpha="None")
    write("gdal-rgba-straight.tif", rgba, "ALPHA=NON-PREMULTIPLIED", "PHOTOMETRIC=RGB", alpha="Straight")
    write("gdal-rgba-premultiplied.tif", rgba, "ALPHA=PREMULTIPLIED", "PHOTOMETRIC=RGB", "COMPRESS=DEFLATE", alpha="Premultiplied")
    write("gdal-bands16.tif", bands16, "COMPRESS=DEFLATE", "PREDICTOR=2")
    write("gdal-signed.tif", signed, "COMPRESS=LZW", "PREDICTOR=2", "ENDIANNESS=BIG")
    write("gdal-signed-tiles.tif", signed, "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "INTERLEAVE=BAND")

    def sparse(dataset):
        for band in range(3):
            dataset.GetRasterBand(band + 1).SetNoDataValue(7)

    for layout in ("strips", "band-tiles"):
        name = f"gdal-sparse-{layout}.tif"
        dataset = gdal.GetDriverByName("GTiff").Create(str(folder / name), 40, 36, 3, gdal.GDT_Byte, options=[*layouts[layout], "SPARSE_OK=TRUE"])
        sparse(dataset)
        for band in range(3):
            dataset.GetRasterBand(band + 1).WriteArray(rgb[:4, :9, band], 17, 17)
        dataset = None
        add(name)

    def place(transform, point=False, points=None, rational=False):
        from osgeo import osr

        def change(dataset):
            system = osr.SpatialReference()
            system.ImportFromEPSG(32633)
            if point:
                dataset.SetMetadataItem("AREA_OR_POINT", "Point")
            if points:
                dataset.SetGCPs([gdal.GCP(*point) for point in points], system.ExportToWkt())
            elif transform:
                dataset.SetProjection(system.ExportToWkt())
                dataset.SetGeoTransform(transform)
            if rational:
                dataset.SetMetadata({
                    "ERR_BIAS": "0.5", "ERR_RAND": "0.25", "LINE_OFF": "9", "SAMP_OFF": "10", "LAT_OFF": "48.5", "LONG_OFF": "15.5", "HEIGHT_OFF": "200",
                    "LINE_SCALE": "9.5", "SAMP_SCALE": "10.5", "LAT_SCALE": "0.1", "LONG_SCALE": "0.2", "HEIGHT_SCALE": "300",
                    **{f"{key}_COEFF": " ".join(str((i + 1) / 64) for i in range(20)) for key in ("LINE_NUM", "LINE_DEN", "SAMP_NUM", "SAMP_DEN")}}, "RPC")
            for band in range(dataset.RasterCount):
                dataset.GetRasterBand(band + 1).SetNoDataValue(0)
            dataset.SetMetadataItem("PLATFORM", "a satellite")
        return change

    tiles = ("TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "COMPRESS=DEFLATE")
    north_up, rotated = (500000, 10, 0, 5400000, 0, -10), (500000, 8, 3, 5400000, 2.5, -9)
    write("gdal-geo-area.tif", rgb16, *tiles, change=place(north_up))
    write("gdal-geo-point.tif", rgb16, *tiles, change=place(north_up, point=True))
    write("gdal-geo-rotated.tif", rgb16, *tiles, change=place(rotated))
    write("gdal-geo-rotated-point.tif", rgb16, *tiles, change=place(rotated, point=True))
    write("gdal-geo-points.tif", rgb16, *tiles, change=place(None, points=[(500000, 5400000, 0, 0.5, 0.5), (500190, 5400000, 0, 19.5, 0.5),
                                                                          (500000, 5399830, 5, 0.5, 17.5), (500191, 5399831, 5, 19.5, 17.5)]))
    write("gdal-geo-rational.tif", rgb16, *tiles, "PROFILE=GDALGeoTIFF", change=place(None, rational=True))
    # An overview before nothing else: the full image stays the first directory.
    write("gdal-overview.tif", picture(40, 44, 1, 256, 47), *tiles)
    dataset = gdal.Open(str(folder / "gdal-overview.tif"), gdal.GA_Update)
    dataset.BuildOverviews("AVERAGE", [2])
    dataset = None

    def pil(name, image, samples=None, alpha="None", **options):
        image.save(folder / name, **options)
        manifest.add(name, np.asarray(image if samples is None else samples).reshape(image.height, image.width, -1), alpha)

    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"):
        pil(f"pil-rgb-{compression}.tif", Image.fromarray(rgb), compression=compression, **({"dpi": (300, 150)} if compression == "raw" else {}))
    profile = bytes(range(256)) * 2
    pil("pil-profile.tif", Image.fromarray(rgb), icc_profile=profile, x_resolution=100, y_resolution=50, resolution_unit="cm")
    (folder / "pil-profile.tif.icc").write_bytes(profile)
    pil("pil-grey.tif", Image.fromarray(rgb[..., 0]), compression="tiff_lzw")
    pil("pil-rgba.tif", Image.fromarray(rgba), compression="tiff_lzw", alpha="Straight")
    pil("pil-grey-alpha.tif", Image.fromarray(np.ascontiguousarray(rgb[..., :2]), "LA"), alpha="Straight")
    pil("pil-grey16.tif", Image.fromarray(rgb16[..., 0].astype("u2")))
    pil("pil-float.tif", Image.fromarray(np.ascontiguousarray(floats[..., 0])), compression="tiff_adobe_deflate")
    palette = Image.fromarray(rgb).quantize(150)
    pil("pil-palette.tif", palette, palette.convert("RGB"), compression="tiff_lzw")
    bilevel = Image.fromarray(rgb[..., 0] > 127)
    pil("pil-bilevel.tif", bilevel, bilevel.convert("L"), compression="packbits")
    for orientation in range(2, 9):
        name = f"pil-orientation{orientation}.tif"
        Image.fromarray(rgb).save(folder / name, tiffinfo={274: orientation}, compression="tiff_lzw")
        image = Image.open(folder / name)
        image.load()
        manifest.add(name, np.asarray(image))

    def magick(name, samples, *options, alpha="None", reader="gdal"):
        height, width, depth = samples.shape
        raw = {1: "gray", 2: "graya", 3: "rgb", 4: "rgba"}[depth]
        run("convert", "-size", f"{width}x{height}", "-depth", 8 * samples.dtype.itemsize, "-endian", "LSB", f"{raw}:-", *options, f"TIFF:{folder / name}",
            stdin=samples.tobytes())
        if reader == "pil":
            image = Image.open(folder / name)
            manifest.add(name, np.asarray(image.convert("RGB" if image.mode == "P" else "L")).reshape(height, width, -1), alpha)
        else:
            add(name, alpha)

    magick("magick-planar.tif", rgb, "-interlace", "plane", "-compress", "LZW")
    magick("magick-msb.tif", rgb16, "-endian", "MSB", "-compress", "Zip")
    magick("magick-rgba16.tif", picture(18, 20, 4, 65536, 48), "-compress", "LZW", alpha="Straight")
    magick("magick-tiles.tif", rgb, "-define", "tiff:tile-geometry=16x16", "-compress", "RLE")
    magick("magick-white-is-zero.tif", rgb[..., :1], "-define", "quantum:polarity=min-is-white", "-compress", "LZW", reader="pil")
    magick("magick-grey4.tif", (rgb[..., :1] >> 4) * 17, "-depth", "4", "-compress", "none", reader="pil")
    magick("magick-palette.tif", (rgb // 100) * 100, "-type", "Palette", "-depth", "8", "-compress", "Zip", reader="pil")
    magick("magick-float.tif", rgb16, "-define", "quantum:format=floating-point", "-depth", "32", "-compress", "Zip")
    magick("magick-one-strip.tif", rgb16, "-define", "tiff:rows-per-strip=1000", "-compress", "LZW")

    def tiffcp(name, source, *options):
        run("tiffcp", *options, folder / source, folder / name)
        add(name)

    tiffcp("libtiff-lzw-strips3.tif", "magick-planar.tif", "-c", "lzw:2", "-r", "3", "-p", "separate", "-B")
    tiffcp("libtiff-zip-tiles.tif", "pil-rgb-raw.tif", "-c", "zip:2", "-t", "-w", "16", "-l", "32", "-8")
    tiffcp("libtiff-float-lzw3.tif", "magick-float.tif", "-c", "lzw:3", "-r", "4", "-B")
    tiffcp("libtiff-float-zip3-tiles.tif", "magick-float.tif", "-c", "zip:3", "-t", "-w", "16", "-l", "16")
    tiffcp("libtiff-packbits.tif", "magick-msb.tif", "-c", "packbits", "-L")
    # Long strings of LZW: the table fills up and is cleared.
    large = np.random.default_rng(49).integers(0, 4, (90, 100)).astype("u1")
    Image.fromarray(large).save(folder / "pil-lzw-full-table.tif", compression="tiff_lzw")
    add("pil-lzw-full-table.tif")
    Image.fromarray(np.zeros((130, 250), "u1")).save(folder / "pil-lzw-long-strings.tif", compression="tiff_lzw")
    add("pil-lzw-long-strings.tif")
    Image.new("CMYK", (8, 8)).save(folder / "pil-cmyk.tif.refused", "TIFF")
    Image.fromarray(rgb).save(folder / "pil-jpeg.tif.refused", "TIFF", compression="jpeg")
    Image.fromarray(rgb16[..., 0].astype("i4")).save(folder / "pil-int32.tif.refused", "TIFF")
    for refused in folder.glob("*.aux.xml"):
        refused.unlink()
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
    makers = {"png": make_png, "jpeg": make_jpeg, "pnm": make_pnm, "tiff": make_tiff,
              "resampling": make_resampling, "metrics": make_metrics}
    for maker in sys.argv[1:] or makers:
        makers[maker]()
