using System.Buffers.Binary;

namespace SpikeSR.Reference.Imaging.Png;

/// <summary>Collects the chunks that say what colours mean, how large a pixel is and which way is up: gAMA, cHRM, sRGB, iCCP, pHYs, eXIf.</summary>
internal sealed class PngMetadata(SourceFile file)
{
    private const int MaxProfileBytes = 4 << 20;
    // The first directory, which tells the orientation, is near the start; a thumbnail may follow.
    private const int MaxExifBytes = 64 << 10;
    private readonly HashSet<string> _seen = [];

    /// <summary>What has been collected.</summary>
    public ImageMetadata Result { get; private set; } = ImageMetadata.None;

    /// <summary>Which way is up, as Exif counts: 1 to 8.</summary>
    public int Orientation { get; private set; } = 1;

    /// <summary>Takes the current chunk if it is one of these; a repetition is left to be ignored.</summary>
    public bool Take(PngChunks chunks)
    {
        if (chunks.Type is not ("gAMA" or "cHRM" or "sRGB" or "iCCP" or "pHYs" or "eXIf") || !_seen.Add(chunks.Type))
        {
            return false;
        }

        if (chunks.Type == "eXIf")
        {
            var exif = new byte[Math.Min(chunks.Remaining, MaxExifBytes)];
            chunks.Read(exif);
            Orientation = ExifOrientation.Of(exif);
            return true;
        }

        Result = chunks.Type switch
        {
            "gAMA" => Result with { Gamma = Numbers(chunks.ReadAll(4, 4))[0] },
            "cHRM" => Result with { Chromaticities = Numbers(chunks.ReadAll(32, 32)) },
            "sRGB" => Result with { SrgbIntent = chunks.ReadAll(1, 1)[0] },
            "pHYs" => Result with { Density = Density(chunks.ReadAll(9, 9)) },
            _ => Result with { IccProfile = Profile(chunks.ReadAll(4, MaxProfileBytes)) },
        };
        return true;
    }

    private static uint[] Numbers(byte[] chunk)
    {
        var numbers = new uint[chunk.Length / 4];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadUInt32BigEndian(chunk.AsSpan(4 * i));
        }

        return numbers;
    }

    private static PixelDensity? Density(byte[] chunk)
    {
        var x = BinaryPrimitives.ReadUInt32BigEndian(chunk);
        var y = BinaryPrimitives.ReadUInt32BigEndian(chunk.AsSpan(4));
        return x == 0 || y == 0 ? null : new PixelDensity(x, y, IsPhysical: chunk[8] == 1);
    }

    // A name, a zero, the compression method 0, the zlib stream.
    private byte[] Profile(byte[] chunk)
    {
        var name = chunk.AsSpan().IndexOf((byte)0);
        if (name is < 1 or > 79 || name + 2 > chunk.Length || chunk[name + 1] != 0)
        {
            throw file.Malformed("chunk iCCP", "no sound name or compression method", "1 to 79 letters, a zero, method 0");
        }

        using var inflate = new InflateReader(file, new PngProfileData(chunk.AsMemory(name + 2)), "chunk iCCP");
        using var profile = new MemoryStream();
        var block = new byte[4096];
        for (var count = inflate.Read(block); count > 0; count = inflate.Read(block))
        {
            profile.Write(block, 0, count);
            if (profile.Length > MaxProfileBytes)
            {
                throw file.Malformed("chunk iCCP", "an endless profile", $"at most {MaxProfileBytes} bytes");
            }
        }

        return profile.ToArray();
    }
}
