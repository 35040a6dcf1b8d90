using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>A sum across rows in the order of <see cref="FixedOrder"/> that is taken some rows at a time: the 16 lanes of the chunk in hand, and the sum of the chunks before.</summary>
/// <typeparam name="T">The number type.</typeparam>
internal readonly unsafe struct RowSum<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TensorView<T> _state;
    private readonly TensorView<T> _target;

    /// <summary>Begins with no rows.</summary>
    /// <param name="target">What the sum is added to in the end [C].</param>
    /// <param name="scope">The owner of what is known so far.</param>
    public RowSum(TensorView<T> target, Workspace.Scope scope) => (_target, _state) = (target, scope.RentCleared<T>(new Shape(FixedOrder.Lanes + 1, target.Length)));

    private int Channels => _target.Length;

    private TensorView<T> Lanes => _state.Slice(0, FixedOrder.Lanes);

    private TensorView<T> Total => _state.At(FixedOrder.Lanes);

    /// <summary>Adds the rows that follow.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    /// <typeparam name="TTerms">Type of the terms.</typeparam>
    /// <param name="terms">The terms of these rows, the first of which is its row 0.</param>
    /// <param name="first">Which row of all that is.</param>
    /// <param name="count">Rows.</param>
    public void Add<TLane, TTerms>(TTerms terms, int first, int count)
        where TLane : unmanaged, ILane<TLane, T>
        where TTerms : struct, ILaneTerms<T>
    {
        var kernel = new RowKernel<TTerms>(terms, first, _state.Pointer, Channels);
        for (var row = 0; row < count;)
        {
            var end = Math.Min(count, row + FixedOrder.ChunkLength - ((first + row) % FixedOrder.ChunkLength));
            LaneLoop.ChannelRange<TLane, T, RowKernel<TTerms>>(kernel, 0, row, end, 0, Channels);
            row = end;
            if ((first + row) % FixedOrder.ChunkLength == 0)
            {
                EndChunk();
            }
        }
    }

    /// <summary>target[c] += the sum. The chunk in hand, should it have no rows, is +0, which changes no sum that itself started at +0.</summary>
    public void Finish()
    {
        EndChunk();
        ChannelSumKernel.AddRow(Total.Span, _target.Span);
    }

    // The tree i + (i + 8), (i + 4), (i + 2), (i + 1).
    private void EndChunk()
    {
        for (var half = FixedOrder.Lanes / 2; half > 0; half /= 2)
        {
            ChannelSumKernel.AddRow(_state.Slice(half, half).Span, _state.Slice(0, half).Span);
        }

        ChannelSumKernel.AddRow(_state.At(0).Span, Total.Span);
        Lanes.Clear();
    }

    private readonly struct RowKernel<TTerms>(TTerms terms, int first, T* lanes, int channels) : LaneLoop.IChannelKernel<T>
        where TTerms : struct, ILaneTerms<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var sum = lanes + ((nint)((first + row) % FixedOrder.Lanes) * channels) + channel;
            TLane.Store(sum, TLane.Load(sum) + terms.At<TLane>(row, channel));
        }
    }
}
