using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// Kernels of <see cref="ChannelSum"/> and of every other sum over the pixels of a plane. A thread's piece is one chunk of one plane and as many channels
/// as a lane holds; the chunks' sums are added afterwards, in their order, so no sum depends on the number of threads.
/// </summary>
internal static unsafe class ChannelSumKernel
{
    // Terms in the smallest range of pieces that is worth a thread's while.
    private const int Grain = 16384;

    /// <summary>gradBias[c] += sum of gradY[..., c].</summary>
    public static void AddTo<TLane, T>(TensorView<T> gradY, TensorView<T> gradBias, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ChannelSum.Check(gradY, gradBias);
        AddTotal<TLane, T, Elements<T>>(new(gradY.Pointer, gradY.Shape[2]), gradY.Shape[0], gradY.Shape[1], gradBias, workspace, threads);
    }

    /// <summary>target[c] += sum over planes of the sums over pixels of the terms [planes pixels, C].</summary>
    public static void AddTotal<TLane, T, TTerms>(TTerms terms, int planes, int pixels, TensorView<T> target, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        using var scope = workspace.OpenScope();
        var totals = scope.Rent<T>(target.Length);
        Totals<TLane, T, TTerms>(terms, planes, pixels, totals, workspace, threads);
        for (var c = 0; c < target.Length; c++)
        {
            target.Span[c] += totals.Span[c];
        }
    }

    /// <summary>totals[c] = sum over planes, ascending from the first, of the sums over pixels of the terms [planes pixels, C].</summary>
    public static void Totals<TLane, T, TTerms>(TTerms terms, int planes, int pixels, TensorView<T> totals, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        using var scope = workspace.OpenScope();
        var channels = totals.Length;
        var sums = scope.Rent<T>(planes, channels);
        Planes<TLane, T, TTerms>(terms, planes, pixels, sums, workspace, threads);
        totals.Clear();
        for (var plane = 0; plane < planes; plane++)
        {
            AddRow(sums.Span.Slice(plane * channels, channels), totals.Span);
        }
    }

    /// <summary>sums[plane, c] = sum over the plane's pixels of the terms [planes pixels, C].</summary>
    public static void Planes<TLane, T, TTerms>(TTerms terms, int planes, int pixels, TensorView<T> sums, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        var channels = sums.Shape[1];
        var chunks = Math.Max(1, (pixels + FixedOrder.ChunkLength - 1) / FixedOrder.ChunkLength);
        using var scope = workspace.OpenScope();
        var parts = chunks == 1 ? sums : scope.Rent<T>(planes * chunks, channels);
        var blocks = (channels + TLane.Width - 1) / TLane.Width;
        var piece = Math.Min(pixels, FixedOrder.ChunkLength) * TLane.Width;
        threads.ForRange(planes * chunks * blocks, Math.Max(1, Grain / Math.Max(1, piece)), (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                var (chunk, c) = (i / blocks, i % blocks * TLane.Width);
                var start = chunk % chunks * FixedOrder.ChunkLength;
                var kernel = new ChunkKernel<T, TTerms>(
                    terms, (chunk / chunks * pixels) + start, Math.Min(FixedOrder.ChunkLength, pixels - start), parts.Pointer + ((nint)chunk * channels));
                LaneLoop.ChannelRange<TLane, T, ChunkKernel<T, TTerms>>(kernel, 0, 0, 1, c, Math.Min(channels, c + TLane.Width));
            }
        });
        if (chunks > 1)
        {
            sums.Clear();
            for (var chunk = 0; chunk < planes * chunks; chunk++)
            {
                AddRow(parts.Span.Slice(chunk * channels, channels), sums.Span.Slice(chunk / chunks * channels, channels));
            }
        }
    }

    /// <summary>totals[c] += row[c]. Totals start at +0, which leaves the first sum as it is: a sum that itself started at +0 is never -0.</summary>
    public static void AddRow<T>(ReadOnlySpan<T> row, Span<T> totals)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var c = 0; c < row.Length; c++)
        {
            totals[c] += row[c];
        }
    }

    /// <summary>The elements of a tensor [rows, channels].</summary>
    internal readonly struct Elements<T>(T* x, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Load(x + ((nint)row * channels) + channel);
    }

    /// <summary>Products of two tensors [rows, channels], each rounded before it is added.</summary>
    internal readonly struct Products<T>(T* left, T* right, int channels) : ILaneTerms<T>
        where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var at = ((nint)row * channels) + channel;
            return TLane.Load(left + at) * TLane.Load(right + at);
        }
    }

    // One chunk of rows, as many channels as a lane holds.
    private readonly struct ChunkKernel<T, TTerms>(TTerms terms, int first, int count, T* sums) : LaneLoop.IChannelKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TTerms : struct, ILaneTerms<T>
    {
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T> =>
            TLane.Store(sums + channel, FixedOrderKernel.AcrossChunk<TLane, T, TTerms>(terms, first, count, channel));
    }
}
