using System.Runtime.Intrinsics;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// Measures the error of <see cref="ExactMath"/> over <see cref="float"/>, on all 2^32 arguments or on every n-th bit pattern, against a judge in double
/// precision that shares nothing with it: the platform's exp and tanh, whose last bits do not matter here, and <see cref="NormalTail"/>.
/// </summary>
public static class ExactMathAccuracy
{
    private const int ChunkBits = 20;
    private const int BlockLength = 1024;

    /// <summary>Judges one function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="parallelism">Threads.</param>
    /// <param name="stride">Every how many bit patterns an argument is taken; 1 takes all 2^32. An odd stride meets every low-order pattern.</param>
    /// <param name="progress">Told the share of the work done, from 0 to 1, one call at a time.</param>
    /// <exception cref="ArgumentException">The stride is not positive.</exception>
    public static AccuracyFinding Measure(ElementaryFunction function, Parallelism parallelism, int stride = 1, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(parallelism);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        var chunks = new AccuracyFinding[1 << (32 - ChunkBits)];
        var gate = new Lock();
        var done = 0;
        parallelism.For(chunks.Length, chunk =>
        {
            chunks[chunk] = MeasureChunk(function, (long)chunk << ChunkBits, (chunk + 1L) << ChunkBits, stride);
            lock (gate)
            {
                progress?.Invoke(++done / (double)chunks.Length);
            }
        });

        var worst = chunks[0];
        foreach (var chunk in chunks.AsSpan(1))
        {
            var arguments = worst.Arguments + chunk.Arguments;
            worst = (chunk.WorstUlps > worst.WorstUlps ? chunk : worst) with { Arguments = arguments };
        }

        return worst;
    }

    /// <summary>The error that the project promises not to exceed for <see cref="float"/>, in the units of <see cref="AccuracyFinding.WorstUlps"/>.</summary>
    /// <param name="function">The function.</param>
    public static double Limit(ElementaryFunction function) => function is ElementaryFunction.Erf or ElementaryFunction.Gelu ? 2 : 1;

    /// <summary>The error of one result, in units in the last place of the exact one.</summary>
    /// <param name="function">The function.</param>
    /// <param name="x">Argument.</param>
    /// <param name="result">The result to judge.</param>
    internal static double Ulps(ElementaryFunction function, float x, float result)
    {
        if (float.IsNaN(x) || float.IsNaN(result))
        {
            return float.IsNaN(x) && float.IsNaN(result) ? 0 : double.PositiveInfinity;
        }

        var exact = Judge(function, x);
        const double Overflow = 3.402823669209384634634e38; // 2^128: what follows the largest float
        if (Math.Abs(exact) >= Overflow)
        {
            return float.IsInfinity(result) && (exact > 0) == (result > 0) ? 0 : double.PositiveInfinity;
        }

        // A result of infinity is a number rounded to 2^128.
        var found = float.IsInfinity(result) ? Math.CopySign(Overflow, result) : result;
        var exponent = function == ElementaryFunction.GeluDerivative ? 0 : Math.Max(-126, Exponent(exact));
        return Math.Abs(found - exact) * PowerOfTwo(23 - exponent);
    }

    private static AccuracyFinding MeasureChunk(ElementaryFunction function, long start, long end, int stride)
    {
        Span<float> x = stackalloc float[BlockLength];
        Span<float> y = stackalloc float[BlockLength];
        var finding = new AccuracyFinding(function, 0, -1, float.NaN);
        var bits = (start + stride - 1) / stride * stride;
        while (bits < end)
        {
            var count = 0;
            for (; count < BlockLength && bits < end; bits += stride)
            {
                x[count++] = BitConverter.UInt32BitsToSingle((uint)bits);
            }

            Evaluate(function, x[..count], y[..count]);
            for (var i = 0; i < count; i++)
            {
                var ulps = Ulps(function, x[i], y[i]);
                if (ulps > finding.WorstUlps)
                {
                    finding = finding with { WorstUlps = ulps, WorstArgument = x[i] };
                }
            }

            finding = finding with { Arguments = finding.Arguments + count };
        }

        return finding;
    }

    /// <summary>The widest lane of the machine; all widths give the same bits.</summary>
    private static void Evaluate(ElementaryFunction function, ReadOnlySpan<float> x, Span<float> y)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            ExactMath.Apply<Lane512<float>, float>(function, x, y);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            ExactMath.Apply<Lane256<float>, float>(function, x, y);
        }
        else
        {
            ExactMath.Apply<LaneScalar<float>, float>(function, x, y);
        }
    }

    private static double Judge(ElementaryFunction function, double x) => function switch
    {
        ElementaryFunction.Exp => Math.Exp(x),
        ElementaryFunction.Sigmoid => 1 / (1 + Math.Exp(-x)),
        ElementaryFunction.Tanh => Math.Tanh(x),
        ElementaryFunction.Erf => NormalTail.Erf(x),
        ElementaryFunction.Gelu => NormalTail.Gelu(x),
        ElementaryFunction.GeluDerivative => NormalTail.GeluDerivative(x),
        _ => throw new ArgumentException($"unknown function {function}", nameof(function)),
    };

    private static int Exponent(double value) => (int)(BitConverter.DoubleToUInt64Bits(value) >> 52 & 0x7FF) - 1023;

    private static double PowerOfTwo(int exponent) => BitConverter.UInt64BitsToDouble((ulong)(exponent + 1023) << 52);
}
