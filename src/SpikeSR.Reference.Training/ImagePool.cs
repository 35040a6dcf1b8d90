using System.Security.Cryptography;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>The pictures of a run, each with the weight it is drawn with.</summary>
public sealed class ImagePool
{
    private readonly double[] _upTo;
    private string? _digest;

    /// <summary>Makes a pool.</summary>
    /// <param name="images">The pictures, in an order that does not depend on the file system.</param>
    /// <param name="weights">Their weights, at least 0, not all 0; null: equal.</param>
    /// <exception cref="ArgumentException">There is no picture, or the weights do not fit.</exception>
    public ImagePool(IReadOnlyList<TrainingImage> images, IReadOnlyList<double>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (weights is not null && weights.Count != images.Count)
        {
            throw new ArgumentException($"{weights.Count} weights for {images.Count} pictures", nameof(weights));
        }

        Images = images;
        _upTo = new double[images.Count];
        var total = 0.0;
        for (var i = 0; i < images.Count; i++)
        {
            total += weights is null ? 1 : weights[i];
            _upTo[i] = total;
        }

        if (images.Count == 0 || !(total > 0) || (weights is not null && weights.Any(weight => !(weight >= 0))))
        {
            throw new ArgumentException("a pool needs pictures with weights of at least 0, not all 0", nameof(images));
        }
    }

    /// <summary>The pictures.</summary>
    public IReadOnlyList<TrainingImage> Images { get; }

    /// <summary>SHA-256, in hexadecimal digits, of what is drawn and how often: the pictures' sizes and samples in their order, and their weights.</summary>
    public string Digest => _digest ??= FindDigest();

    /// <summary>Lists the pictures of a folder, sorted by name.</summary>
    /// <param name="folder">The folder; its own files only.</param>
    /// <exception cref="MalformedFileException">It holds no picture.</exception>
    public static IReadOnlyList<string> List(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Where(path => Imaging.ImageFormats.OfExtension(path) is not null).ToList();
        files.Sort(StringComparer.Ordinal);
        return files.Count > 0 ? files : throw new MalformedFileException(folder, "folder", "no image", "at least one image");
    }

    /// <summary>Draws a picture by weight.</summary>
    /// <param name="uniform">A number in [0, 1).</param>
    public TrainingImage Draw(double uniform)
    {
        var target = uniform * _upTo[^1];
        var found = Array.FindIndex(_upTo, upTo => target < upTo);
        return Images[found < 0 ? _upTo.Length - 1 : found];
    }

    /// <summary>Fills a batch; crop b of batch i depends on the seed and on i and b alone (SPEC TRAIN-4).</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="index">Number of the batch in the run, from 0.</param>
    /// <param name="low">Receives the low-resolution crops [B, crop, crop, 3].</param>
    /// <param name="high">Receives the same crops of the pictures [B, s crop, s crop, 3].</param>
    public void FillBatch(ulong seed, long index, TensorView<F32> low, TensorView<F32> high)
    {
        const int numbersACrop = 4;
        for (var b = 0; b < low.Shape[0]; b++)
        {
            var stream = new UniformStream(seed, RandomStreams.Sampling, (ulong)((index * low.Shape[0]) + b) * numbersACrop);
            var image = Draw(stream.Next());
            var top = (int)(stream.Next() * (image.LowHeight - low.Shape[1] + 1));
            var left = (int)(stream.Next() * (image.LowWidth - low.Shape[2] + 1));
            var transform = (int)(stream.Next() * 8);
            image.CopyLow(top, left, transform, low.At(b));
            image.CopyHigh(top, left, transform, high.At(b));
        }
    }

    private string FindDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < Images.Count; i++)
        {
            hash.AppendData(BitConverter.GetBytes(_upTo[i]));
            Images[i].AppendTo(hash);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
