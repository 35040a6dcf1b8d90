using System.Text;
using SpikeSR.Reference.Imaging.Resampling;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Imaging.Tests.Upscaling;

/// <summary>Tiles, seams, opacity, ranges and samples without data, with a network simple enough to foresee.</summary>
public sealed class TiledUpscaleTests
{
    private static readonly UpscaleSettings Whole = new() { TileSize = UpscaleSettings.WholeImage };
    private static readonly UpscaleSettings Tiled = new() { TileSize = 30, Margin = 4, Feather = 3 };

    [Theory]
    [InlineData(1, AlphaKind.None, SampleKind.UInt8)]
    [InlineData(3, AlphaKind.None, SampleKind.UInt16)]
    [InlineData(4, AlphaKind.Straight, SampleKind.UInt8)]
    [InlineData(2, AlphaKind.Premultiplied, SampleKind.Float32)]
    public void Tiles_make_no_difference_to_a_network_that_sees_no_further_than_the_margin(int channels, AlphaKind alpha, SampleKind kind)
    {
        var image = Images.Noise(new ImageHeader(101, 67, channels, kind == SampleKind.Float32 ? SampleKind.UInt16 : kind) { Alpha = alpha }, 1);
        image = kind == SampleKind.Float32 ? new Image(image.Header with { Kind = kind }, [.. image.Samples.Select(sample => sample / 65535)]) : image;
        var network = new StubNetwork(reach: 4);
        var whole = new SpikeSrUpscaler(network).Upscale(image, Whole);
        Assert.Equal([(67, 101)], network.Tiles);
        var tiled = new SpikeSrUpscaler(network).Upscale(image, Tiled);
        Assert.All(network.Tiles.Skip(1), tile => Assert.True(tile is { Height: <= 30, Width: <= 30 }));
        Assert.True(network.Tiles.Count > 12);
        for (var y = 8; y < whole.Height - 8; y++)
        {
            for (var i = 8 * channels; i < (whole.Width - 8) * channels; i++)
            {
                Assert.Equal(whole.Row(y)[i], tiled.Row(y)[i], kind == SampleKind.Float32 ? 1e-6 : 1);
            }
        }
    }

    [Fact]
    public void At_the_borders_tiles_see_the_image_reflected()
    {
        var image = Images.Noise(new ImageHeader(80, 41, 3, SampleKind.UInt8), 2);
        var padded = new Image(image.Header with { Width = 88, Height = 49 });
        for (var y = 0; y < padded.Height; y++)
        {
            for (var x = 0; x < padded.Width; x++)
            {
                var (row, column) = (TileSamples.Reflect(y - 4, image.Height), TileSamples.Reflect(x - 4, image.Width));
                image.Row(row).Slice(column * 3, 3).CopyTo(padded.Row(y).Slice(x * 3, 3));
            }
        }

        var expected = new SpikeSrUpscaler(new StubNetwork(reach: 3)).Upscale(padded, Whole);
        var tiled = new SpikeSrUpscaler(new StubNetwork(reach: 3)).Upscale(image, Tiled);
        for (var y = 0; y < tiled.Height; y++)
        {
            for (var i = 0; i < tiled.Header.RowSamples; i++)
            {
                Assert.Equal(expected.Row(y + 8)[i + 24], tiled.Row(y)[i], 1);
            }
        }
    }

    [Theory]
    [InlineData(SampleKind.UInt8)]
    [InlineData(SampleKind.UInt16)]
    public void Opacity_is_enlarged_as_if_there_were_no_tiles(SampleKind kind)
    {
        var image = Images.Noise(new ImageHeader(75, 90, 4, kind) { Alpha = AlphaKind.Straight }, 3);
        var expected = Bicubic.Resize(image, 150, 180);
        var tiled = new SpikeSrUpscaler(new StubNetwork()).Upscale(image, Tiled);
        for (var i = 3; i < tiled.Samples.Length; i += 4)
        {
            Assert.Equal(Math.Clamp(Math.Floor(expected.Samples[i] + 0.5f), 0, image.Header.MaxValue), tiled.Samples[i]);
        }
    }

    [Fact]
    public void What_lies_outside_of_the_range_is_kept()
    {
        // Left 12000, right -500: above and below of what the network sees as 1 and 0.
        var image = new Image(new ImageHeader(60, 40, 3, SampleKind.Int16));
        for (var i = 0; i < image.Samples.Length; i++)
        {
            image.Samples[i] = i % 180 < 90 ? 12000 : -500;
        }

        var result = new SpikeSrUpscaler(new StubNetwork()).Upscale(image, Tiled with { Range = new ValueRange(0, 10000) });
        for (var y = 0; y < result.Height; y++)
        {
            Assert.Equal(12000, result.Row(y)[0]);
            Assert.Equal(-500, result.Row(y)[359]);
        }
    }

    [Theory]
    [InlineData(SampleKind.UInt16, "0")]
    [InlineData(SampleKind.Int16, "-9999")]
    [InlineData(SampleKind.Float32, "-3.4028234663852886e+38")]
    [InlineData(SampleKind.Float32, "nan")]
    public void Samples_without_data_stay_in_their_place_and_touch_no_other(SampleKind kind, string text)
    {
        var ground = new Georeference { NoData = Encoding.ASCII.GetBytes(text + "\0") };
        var image = new Image(new ImageHeader(70, 50, 3, kind) { Metadata = new ImageMetadata { Georeference = ground } });
        Array.Fill(image.Samples, 700);
        var noData = ground.NoDataValue!.Value;
        var random = new Random(4);
        for (var i = 0; i < 900; i++)
        {
            image.Samples[random.Next(image.Samples.Length)] = noData;
        }

        image.Row(20).Fill(noData);
        var result = new SpikeSrUpscaler(new StubNetwork(reach: 2)).Upscale(image, Tiled with { Range = new ValueRange(100, 1000) });
        for (var y = 4; y < result.Height - 4; y++)
        {
            for (var x = 4; x < result.Width - 4; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var (before, after) = (image.Row(y / 2)[(x / 2 * 3) + c], result.Row(y)[(x * 3) + c]);
                    Assert.True(before.Equals(noData) ? after.Equals(noData) : Math.Abs(after - 700) < 0.01f, $"({x}, {y}): {before} became {after}");
                }
            }
        }
    }

    [Theory]
    [InlineData(SampleKind.UInt8, 4)]
    [InlineData(SampleKind.UInt16, 2)]
    public void What_stands_under_no_opacity_disturbs_nothing_beside_it_and_stays(SampleKind kind, int channels)
    {
        // A disc of 200 in the midst of transparent pixels of 13.
        var image = new Image(new ImageHeader(70, 64, channels, kind) { Alpha = AlphaKind.Straight });
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                var isInside = ((x - 35) * (x - 35)) + ((y - 32) * (y - 32)) < 400;
                image.Row(y).Slice(x * channels, channels - 1).Fill(isInside ? 200 : 13);
                image.Row(y)[((x + 1) * channels) - 1] = isInside ? image.Header.MaxValue : 0;
            }
        }

        var result = new SpikeSrUpscaler(new StubNetwork(reach: 2)).Upscale(image, Tiled);
        for (var i = 0; i < result.Samples.Length; i += channels)
        {
            var (y, x) = (i / result.Header.RowSamples / 2, i % result.Header.RowSamples / channels / 2);
            var isHidden = image.Row(y)[((x + 1) * channels) - 1] == 0 && result.Samples[i + channels - 1] == 0;
            Assert.All(result.Samples[i..(i + channels - 1)], sample => Assert.Equal(isHidden ? 13 : 200, sample));
        }
    }

    [Fact]
    public void Data_never_become_the_sample_that_stands_for_none()
    {
        var ground = new Georeference { NoData = "0\0"u8.ToArray() };
        var image = new Image(new ImageHeader(40, 40, 1, SampleKind.UInt8) { Metadata = new ImageMetadata { Georeference = ground } });
        Array.Fill(image.Samples, 1);
        var result = new SpikeSrUpscaler(new StubNetwork(reach: 1)).Upscale(image, Whole with { Range = new ValueRange(1, 255) });
        Assert.All(result.Samples, sample => Assert.True(sample >= 1));
    }

    [Fact]
    public void Percentiles_leave_out_the_same_share_at_both_ends_and_what_has_no_data()
    {
        var ground = new Georeference { NoData = "65535\0"u8.ToArray() };
        var image = new Image(new ImageHeader(100, 100, 1, SampleKind.UInt16) { Metadata = new ImageMetadata { Georeference = ground } });
        for (var i = 0; i < image.Samples.Length; i++)
        {
            image.Samples[i] = i < 5000 ? 65535 : i < 5040 ? 60000 : i % 1000;
        }

        using var source = new ImageRowReader(image);
        var range = ValueRange.OfPercentiles(source, 1);
        Assert.InRange(range.Low, 12, 13);
        Assert.InRange(range.High, 985, 998);
    }

    [Theory]
    [InlineData(-9999f, 2, 1000, -9999f)]
    [InlineData(9999f, 2, 1000, 9999f)]
    [InlineData(-9999f, 1, 1000, null)]
    [InlineData(-9999f, 2, 15, null)]
    [InlineData(-1500f, 2, 1000, null)]
    public void Several_samples_far_from_all_others_are_told_of(float far, int several, int others, float? expected)
    {
        var image = new Image(new ImageHeader(100, 100, 1, SampleKind.Float32));
        for (var i = 0; i < image.Samples.Length; i++)
        {
            image.Samples[i] = i < several ? far : (i % others) + 1;
        }

        using var source = new ImageRowReader(image);
        ValueRange.OfPercentiles(source, 0.5, out var found);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Progress_counts_tiles_and_every_pixel_once()
    {
        var image = Images.Noise(new ImageHeader(101, 67, 3, SampleKind.UInt8), 5);
        var states = new List<UpscaleProgress>();
        new SpikeSrUpscaler(new StubNetwork()).Upscale(image, Tiled, states.Add);
        Assert.Equal(Enumerable.Range(1, states.Count), states.Select(state => state.TilesDone));
        Assert.All(states, state => Assert.Equal(states.Count, state.Tiles));
        Assert.Equal(image.Header.Pixels, states[^1].PixelsDone);
        Assert.True(states.Zip(states.Skip(1)).All(pair => pair.First.PixelsDone < pair.Second.PixelsDone));
    }

    [Fact]
    public void A_stopped_enlargement_leaves_no_file()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            using var stop = new CancellationTokenSource();
            using var source = new ImageRowReader(Images.Noise(new ImageHeader(101, 67, 3, SampleKind.UInt8), 6));
            var upscaler = new SpikeSrUpscaler(new StubNetwork());
            Assert.Throws<OperationCanceledException>(() => ImageFormats.Write(
                Path.Combine(folder.FullName, "large.png"),
                upscaler.Enlarged(source.Header),
                sink => upscaler.Upscale(source, sink, Tiled, state => { if (state.TilesDone == 7) { stop.Cancel(); } }, stop.Token)));
            Assert.Empty(folder.GetFiles("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(8192)]
    public void Tiles_are_chosen_to_fit_the_memory_allowed_whatever_the_size(int side)
    {
        var header = new ImageHeader(side, side, 3, SampleKind.UInt16);
        var (network, settings) = (new StubNetwork(), UpscaleSettings.Default with { MaxMemory = 256 << 20 });
        var plan = TilePlan.Choose(network, header, settings);
        Assert.InRange(plan.Bytes(network, header), TilePlan.Budget(settings) / 100 * 85, TilePlan.Budget(settings));
    }

    [Theory]
    [InlineData(4, 200_000)]
    [InlineData(150_000, 4)]
    [InlineData(30, 100_000)]
    public void An_image_that_is_thinner_than_any_tile_is_cut_along_its_length(int width, int height)
    {
        var header = new ImageHeader(width, height, 3, SampleKind.UInt16);
        var (network, settings) = (new StubNetwork(), UpscaleSettings.Default with { MaxMemory = 128 << 20 });
        var plan = TilePlan.Choose(network, header, settings);
        Assert.NotEqual(1, plan.Rows.Tiles.Length * plan.Columns.Tiles.Length);
        Assert.InRange(plan.Bytes(network, header), 1, TilePlan.Budget(settings));
    }

    [Fact]
    public void Colour_profile_and_gamma_are_carried_over_and_density_grows()
    {
        var metadata = new ImageMetadata { IccProfile = new byte[] { 1, 2, 3 }, Gamma = 45455, Density = new PixelDensity(100, 200, IsPhysical: true) };
        var image = new Image(new ImageHeader(8, 8, 3, SampleKind.UInt8) { Metadata = metadata });
        var result = new SpikeSrUpscaler(new StubNetwork()).Upscale(image).Header.Metadata;
        Assert.Equal([1, 2, 3], result.IccProfile.ToArray());
        Assert.Equal((45455u, new PixelDensity(200, 400, IsPhysical: true)), (result.Gamma!.Value, result.Density!.Value));
    }

    [Fact]
    public void A_width_that_no_tile_can_serve_in_the_memory_allowed_is_over_the_limit()
    {
        var header = new ImageHeader(1 << 22, 1 << 10, 3, SampleKind.UInt16);
        Assert.Throws<LimitExceededException>(() => TilePlan.Choose(new StubNetwork(), header, UpscaleSettings.Default));
    }

    [Fact]
    public void Settings_and_images_that_make_no_sense_are_refused()
    {
        var upscaler = new SpikeSrUpscaler(new StubNetwork());
        var image = Images.Noise(new ImageHeader(40, 40, 3, SampleKind.UInt8), 7);
        Assert.Throws<ArgumentException>(() => upscaler.Upscale(image, Tiled with { TileSize = 16 }));
        Assert.Throws<ArgumentException>(() => upscaler.Upscale(image, Tiled with { Margin = 1 }));
        Assert.Throws<ArgumentException>(() => upscaler.Upscale(image, Tiled with { Range = new ValueRange(1, 1) }));
        Assert.Throws<ArgumentException>(() => upscaler.Upscale(image, Tiled with { Range = new ValueRange(-3e38f, 3e38f) }));
        Assert.Throws<ArgumentException>(() => upscaler.Upscale(Images.Noise(new ImageHeader(40, 40, 5, SampleKind.UInt8), 7)));
        Assert.Throws<ArgumentException>(() => upscaler.Upscale(new byte[12], 2, 2, 3, new byte[47]));
    }

    [Fact]
    public void Bytes_are_enlarged_as_an_image_is()
    {
        var image = Images.Noise(new ImageHeader(20, 11, 4, SampleKind.UInt8) { Alpha = AlphaKind.Straight }, 8);
        var upscaler = new SpikeSrUpscaler(new StubNetwork(reach: 1));
        var bytes = new byte[image.Samples.Length * 4];
        upscaler.Upscale([.. image.Samples.Select(sample => (byte)sample)], 20, 11, 4, bytes);
        Assert.Equal(upscaler.Upscale(image).Samples, bytes.Select(sample => (float)sample));
    }
}
