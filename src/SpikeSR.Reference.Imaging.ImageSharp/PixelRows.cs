using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Imaging.ImageSharp;

/// <summary>Between ImageSharp's rows of pixels and the project's rows of samples; pixels are taken for their bytes, channel by channel.</summary>
internal static class PixelRows
{
    /// <summary>Reads samples.</summary>
    public static void Read<TPixel>(ReadOnlySpan<TPixel> pixels, Span<float> samples, SampleKind kind)
        where TPixel : unmanaged
    {
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = kind == SampleKind.UInt8 ? MemoryMarshal.Cast<TPixel, byte>(pixels)[i] : MemoryMarshal.Cast<TPixel, ushort>(pixels)[i];
        }
    }

    /// <summary>Stores samples, rounded to nearest, halves up, and clamped.</summary>
    public static void Write<TPixel>(ReadOnlySpan<float> samples, Span<TPixel> pixels, SampleKind kind)
        where TPixel : unmanaged
    {
        for (var i = 0; i < samples.Length; i++)
        {
            if (kind == SampleKind.UInt8)
            {
                MemoryMarshal.Cast<TPixel, byte>(pixels)[i] = (byte)Math.Clamp(MathF.Floor(samples[i] + 0.5f), 0, byte.MaxValue);
            }
            else
            {
                MemoryMarshal.Cast<TPixel, ushort>(pixels)[i] = (ushort)Math.Clamp(MathF.Floor(samples[i] + 0.5f), 0, ushort.MaxValue);
            }
        }
    }
}
