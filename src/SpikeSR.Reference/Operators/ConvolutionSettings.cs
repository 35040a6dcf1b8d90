using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators;

/// <summary>The attributes of a convolution: a cross-correlation, zero padded, the same along both axes (SPEC CONV-1).</summary>
/// <param name="Stride">Input pixels between output pixels, at least 1.</param>
/// <param name="Padding">Rows and columns of +0 read around the image, at least 0.</param>
/// <param name="Dilation">Input pixels between kernel taps, at least 1.</param>
/// <param name="Groups">Contiguous channel blocks that do not mix, at least 1.</param>
public readonly record struct ConvolutionSettings(int Stride = 1, int Padding = 0, int Dilation = 1, int Groups = 1)
{
    /// <summary>3x3 with padding 1: keeps the image's size.</summary>
    public static readonly ConvolutionSettings Same3 = new(1, 1, 1, 1);

    /// <summary>1x1 without padding.</summary>
    public static readonly ConvolutionSettings Point = new(1, 0, 1, 1);

    /// <summary>Output extent along one axis: floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.</summary>
    /// <param name="size">Input extent.</param>
    /// <param name="kernel">Kernel extent.</param>
    /// <exception cref="ArgumentException">The kernel does not fit into the padded image.</exception>
    public int OutputExtent(int size, int kernel)
    {
        var room = (long)size + (2L * Padding) - ((long)Dilation * (kernel - 1)) - 1;
        Guard.That(room >= 0, $"a kernel of {kernel} with dilation {Dilation} does not fit into {size} pixels with padding {Padding}", nameof(kernel));
        return checked((int)(room / Stride) + 1);
    }

    /// <summary>Throws unless every attribute is in range.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public void CheckAttributes() =>
        Guard.That(Stride >= 1 && Padding >= 0 && Dilation >= 1 && Groups >= 1, "stride, dilation and groups are at least 1, padding at least 0", nameof(Stride));

    /// <summary>Throws unless every attribute is in range and the shapes agree.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="x">Input [N, H, W, Ci].</param>
    /// <param name="weight">Weight [Co, Ci / groups, kh, kw].</param>
    /// <param name="y">Output [N, Ho, Wo, Co].</param>
    /// <exception cref="ArgumentException">Something does not fit; the message says what.</exception>
    public void Check<T>(TensorView<T> x, TensorView<T> weight, TensorView<T> y)
        where T : unmanaged
    {
        CheckAttributes();
        Guard.HasShape(x, nameof(x), -1, -1, -1, -1);
        Guard.HasShape(weight, nameof(weight), -1, x.Shape[3] / Groups, -1, -1);
        Guard.That(weight.Shape[0] > 0, "a convolution of no outputs is not defined", nameof(weight));
        Guard.That(x.Shape[3] % Groups == 0 && weight.Shape[0] % Groups == 0, $"{Groups} groups do not divide {x.Shape[3]} and {weight.Shape[0]} channels", nameof(Groups));
        Guard.HasShape(y, nameof(y), x.Shape[0], OutputExtent(x.Shape[1], weight.Shape[2]), OutputExtent(x.Shape[2], weight.Shape[3]), weight.Shape[0]);
    }
}
