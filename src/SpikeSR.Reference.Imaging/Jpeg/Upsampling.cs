namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>
/// Enlarges a component to the frame's size as libjpeg does by default: by two with a triangle filter (3/4 of the nearer sample, 1/4 of the
/// farther, along each direction that is enlarged; roundings alternate), by anything else through repetition.
/// </summary>
internal static class Upsampling
{
    /// <summary>One row of the frame's size.</summary>
    /// <param name="component">Sampling factors and size.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="plane">Its samples; the rows around <paramref name="y"/> are there.</param>
    /// <param name="y">Row of the frame.</param>
    /// <param name="output">At least the frame's width.</param>
    /// <param name="sums">Scratch as long as a row of the plane.</param>
    public static void Row(JpegComponent component, JpegFrame frame, JpegPlane plane, int y, Span<byte> output, Span<int> sums)
    {
        var across = frame.MaxHorizontal / component.Horizontal;
        var down = frame.MaxVertical / component.Vertical;
        var row = y / down;
        var near = plane.Row(row);
        var far = plane.Row((y & 1) == 0 ? row - 1 : row + 1);
        sums = sums[..near.Length];
        if (across == 2 && down == 1 && near.Length > 2)
        {
            // Four quarters and what makes them round down on the left, up on the right.
            for (var x = 0; x < sums.Length; x++)
            {
                sums[x] = near[x];
            }

            Across(sums, output, 1, 2, 2);
        }
        else if (across == 2 && down == 2 && near.Length > 2)
        {
            for (var x = 0; x < sums.Length; x++)
            {
                sums[x] = (near[x] * 3) + far[x];
            }

            Across(sums, output, 8, 7, 4);
        }
        else if (across == 1 && down == 2)
        {
            var rounding = (y & 1) == 0 ? 1 : 2;
            for (var x = 0; x < near.Length; x++)
            {
                output[x] = (byte)(((near[x] * 3) + far[x] + rounding) >> 2);
            }
        }
        else
        {
            for (var x = 0; x < frame.Width; x++)
            {
                output[x] = near[x / across];
            }
        }
    }

    // Each sum gives two samples; the outermost two lean on themselves alone.
    private static void Across(ReadOnlySpan<int> sums, Span<byte> output, int roundLeft, int roundRight, int shift)
    {
        for (var x = 0; x < sums.Length; x++)
        {
            var left = x > 0 ? sums[x - 1] : sums[x];
            var right = x < sums.Length - 1 ? sums[x + 1] : sums[x];
            output[2 * x] = (byte)(((sums[x] * 3) + left + roundLeft) >> shift);
            output[(2 * x) + 1] = (byte)(((sums[x] * 3) + right + roundRight) >> shift);
        }
    }
}
