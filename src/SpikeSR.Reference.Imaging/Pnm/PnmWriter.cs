using System.Text;

namespace SpikeSR.Reference.Imaging.Pnm;

/// <summary>Writes raw PGM (grey) and PPM (RGB) at 8 or 16 bits.</summary>
internal sealed class PnmWriter : RowWriter
{
    private readonly Stream _stream;
    private readonly byte[] _line;

    /// <summary>Starts a file: the header.</summary>
    public PnmWriter(Stream stream, ImageHeader header)
        : base(header)
    {
        Check(header);
        _stream = stream;
        _line = new byte[checked(header.RowSamples * header.BytesPerSample)];
        stream.Write(Encoding.ASCII.GetBytes($"{(header.Channels == 1 ? "P5" : "P6")}\n{header.Width} {header.Height}\n{header.MaxValue}\n"));
    }

    /// <summary>Throws unless PNM can hold such an image.</summary>
    public static void Check(ImageHeader header)
    {
        if (header.Kind is not (SampleKind.UInt8 or SampleKind.UInt16) || header.Alpha != AlphaKind.None || header.Channels is not (1 or 3))
        {
            throw new ArgumentException($"PNM holds grey or RGB of 8 or 16 bits without opacity, not {header} with alpha {header.Alpha}", nameof(header));
        }
    }

    protected override void WriteRow(ReadOnlySpan<float> row)
    {
        Samples.ToBytes(row, _line, Header.Kind, isLittleEndian: false);
        _stream.Write(_line);
    }

    protected override void Finish()
    {
    }
}
