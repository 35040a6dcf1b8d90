using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>
/// Enlarges images with a network: colours through the network, opacity by bicubic resampling (SPEC IMG-1), large images in tiles (SPEC IMG-2). Load one and keep it:
/// it is safe to use from several threads, which share the memory of one tile and take turns in the network.
/// </summary>
public sealed class SpikeSrUpscaler
{
    private readonly ITileNetwork _network;

    /// <summary>Takes a network that is not changed any more.</summary>
    /// <param name="network">The network.</param>
    /// <param name="backend">What computes.</param>
    public SpikeSrUpscaler(SpikeSr<F32> network, Backend<F32> backend)
        : this(new SpikeSrTileNetwork(network, backend))
    {
    }

    internal SpikeSrUpscaler(ITileNetwork network) => _network = network;

    /// <summary>The enlargement.</summary>
    public int Scale => _network.Scale;

    /// <summary>Loads a network on the fast engine.</summary>
    /// <param name="model">A file (.safetensors or .pth), or the name of a shipped model.</param>
    /// <param name="threads">Threads; 0 for one a processor. Results do not depend on it.</param>
    /// <exception cref="ArgumentException">There is no such file or model.</exception>
    /// <exception cref="Serialization.MalformedFileException">The file is wrong.</exception>
    public static SpikeSrUpscaler Load(string model = ShippedModels.Default, int threads = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        var network = File.Exists(model) ? ModelFile.Load<F32>(model) : ShippedModels.Load<F32>(model);
        return new SpikeSrUpscaler(network, SimdBackend.Create<F32>(new Workspace(), new Parallelism(threads)));
    }

    /// <summary>Throws unless settings make sense with this network.</summary>
    /// <param name="settings">Choices of an enlargement.</param>
    /// <exception cref="ArgumentException">They do not; the message says what would.</exception>
    public void Check(UpscaleSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Range?.Check(nameof(settings));
        _ = TilePlan.Smallest(_network, settings);
    }

    /// <summary>What the enlargement of an image is: the same kind, s times as wide and high, on the same ground.</summary>
    /// <param name="header">The image.</param>
    /// <exception cref="ArgumentException">The image has colours other than grey or RGB, or would become too large.</exception>
    public ImageHeader Enlarged(ImageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (header.ColourChannels is not (1 or 3))
        {
            throw new ArgumentException($"an image of {header.ColourChannels} bands, expected grey or RGB: choose one band or three", nameof(header));
        }

        var (width, height) = ((long)header.Width * Scale, (long)header.Height * Scale);
        return width * header.Channels <= Array.MaxLength && height <= int.MaxValue
            ? header.Resized((int)width, (int)height)
            : throw new ArgumentException($"{width}x{height} pixels would pass 2^31 samples a row or rows", nameof(header));
    }

    /// <summary>Enlarges an image as it is read, holding no more of it than a row of tiles.</summary>
    /// <param name="source">The image: grey or RGB, with or without opacity, of any sample kind.</param>
    /// <param name="sink">Takes the result; <see cref="Enlarged"/> tells its header. The caller completes it.</param>
    /// <param name="settings">Choices; null for the default.</param>
    /// <param name="progress">Called after every tile, on the calling thread.</param>
    /// <param name="cancellation">Stops before the next tile.</param>
    /// <exception cref="ArgumentException">The image is not grey or RGB, the sink is of another size, or the settings make no sense.</exception>
    /// <exception cref="LimitExceededException">Not even the smallest tiles fit into the memory allowed.</exception>
    /// <exception cref="Serialization.MalformedFileException">The source is wrong.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the sink is incomplete.</exception>
    public void Upscale(
        RowReader source, RowWriter sink, UpscaleSettings? settings = null, Action<UpscaleProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(sink);
        settings ??= UpscaleSettings.Default;
        var expected = Enlarged(source.Header);
        if ((sink.Header.Width, sink.Header.Height, sink.Header.Channels, sink.Header.Kind) != (expected.Width, expected.Height, expected.Channels, expected.Kind))
        {
            throw new ArgumentException($"a sink of {sink.Header}, expected {expected}", nameof(sink));
        }

        Check(settings);
        var range = settings.Range ?? ValueRange.FullOf(source.Header);
        var plan = TilePlan.Choose(_network, source.Header, settings);
        new TiledUpscale(_network, source, sink, plan, range).Run(progress, cancellation);
    }

    /// <summary>Enlarges an image in memory.</summary>
    /// <param name="image">Grey or RGB, with or without opacity, any sample kind.</param>
    /// <param name="settings">Choices; null for the default.</param>
    /// <param name="progress">Called after every tile, on the calling thread.</param>
    /// <param name="cancellation">Stops before the next tile.</param>
    /// <returns>
    /// An image of the same kind, s times as wide and high. Samples of integral kinds are clamped to their kind's range and rounded to the nearest: colours with ties to even; opacity, which is
    /// enlarged bicubically, with ties up. A pixel of opacity 0 in the place of one of opacity 0 has its colours, unless they are multiplied by it (SPEC IMG-1, IMG-3).
    /// </returns>
    /// <exception cref="ArgumentException">The image is not grey or RGB, or the settings make no sense.</exception>
    /// <exception cref="LimitExceededException">Not even the smallest tiles fit into the memory allowed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public Image Upscale(Image image, UpscaleSettings? settings = null, Action<UpscaleProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = new Image(Enlarged(image.Header));
        using var source = new ImageRowReader(image);
        using var sink = new ImageRowWriter(result);
        Upscale(source, sink, settings, progress, cancellation);
        return result;
    }

    /// <summary>Enlarges 8-bit pixels.</summary>
    /// <param name="pixels">[height, width, channels].</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 grey, 2 grey and opacity, 3 RGB, 4 RGB and opacity.</param>
    /// <param name="enlarged">[s height, s width, channels].</param>
    /// <param name="cancellation">Stops before the next tile.</param>
    /// <exception cref="ArgumentException">A length does not fit the size.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Upscale(ReadOnlySpan<byte> pixels, int width, int height, int channels, Span<byte> enlarged, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 4);
        var header = new ImageHeader(width, height, channels, SampleKind.UInt8) { Alpha = channels is 2 or 4 ? AlphaKind.Straight : AlphaKind.None };
        header.Check(nameof(width));
        if (pixels.Length != header.Samples || enlarged.Length != header.Samples * Scale * Scale)
        {
            throw new ArgumentException($"{pixels.Length} and {enlarged.Length} bytes for an image of {header} and its enlargement", nameof(pixels));
        }

        var image = new Image(header);
        Samples.FromBytes(pixels, image.Samples, SampleKind.UInt8, isLittleEndian: true);
        Samples.ToBytes(Upscale(image, cancellation: cancellation).Samples, enlarged, SampleKind.UInt8, isLittleEndian: true);
    }
}
