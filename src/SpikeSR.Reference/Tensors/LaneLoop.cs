using System.Numerics;
using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// The loops that element-wise kernels run in: whole lanes first, then the same code on lanes of one number for what is left, so that a remainder
/// has the bits that any other element has.
/// </summary>
internal static class LaneLoop
{
    // Elements in the smallest range that is worth a thread's while.
    private const int Block = 4096;

    /// <summary>Work on neighbouring elements.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    internal interface IElementKernel<T>
        where T : unmanaged
    {
        /// <summary>Works on the elements from <paramref name="i"/> on that a lane holds.</summary>
        /// <typeparam name="TLane">Lane type.</typeparam>
        void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T>;
    }

    /// <summary>Work on neighbouring channels of one pixel.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    internal interface IChannelKernel<T>
        where T : unmanaged
    {
        /// <summary>Works on the channels from <paramref name="channel"/> on that a lane holds; <paramref name="row"/> = plane pixels + pixel.</summary>
        /// <typeparam name="TLane">Lane type.</typeparam>
        void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>;
    }

    /// <summary>Runs a kernel over elements [0, count).</summary>
    public static void Elements<TLane, T, TKernel>(TKernel kernel, int count, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IElementKernel<T> =>
        threads.ForRange(count, Block, (first, last) => ElementRange<TLane, T, TKernel>(kernel, first, last));

    /// <summary>Runs a kernel over the channels of every pixel of every plane.</summary>
    public static void Channels<TLane, T, TKernel>(TKernel kernel, int planes, int pixels, int channels, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IChannelKernel<T> =>
        threads.ForRange(planes * pixels, Math.Max(1, Block / Math.Max(1, channels)), (first, last) =>
        {
            // Plane by plane, so that the kernel need not divide.
            for (var plane = first / pixels; plane * pixels < last; plane++)
            {
                var (start, end) = (Math.Max(first, plane * pixels), Math.Min(last, (plane + 1) * pixels));
                ChannelRange<TLane, T, TKernel>(kernel, plane, start, end, 0, channels);
            }
        });

    /// <summary>Runs a kernel over elements [first, last).</summary>
    /// <remarks>A method by itself, and so are the last elements: there is a limit to what the compiler puts into one method, and a kernel's whole lanes may need all of it.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ElementRange<TLane, T, TKernel>(TKernel kernel, int first, int last)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IElementKernel<T>
    {
        var i = first;
        for (; i <= last - TLane.Width; i += TLane.Width)
        {
            kernel.Invoke<TLane>(i);
        }

        if (i < last)
        {
            Remainder<T, TKernel>(kernel, i, last);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Remainder<T, TKernel>(TKernel kernel, int first, int last)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IElementKernel<T>
    {
        for (var i = first; i < last; i++)
        {
            kernel.Invoke<LaneScalar<T>>(i);
        }
    }

    /// <summary>Runs a kernel over channels [c0, c1) of rows [first, last); what no whole lane is left for goes through ever narrower ones.</summary>
    public static void ChannelRange<TLane, T, TKernel>(TKernel kernel, int plane, int first, int last, int c0, int c1)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : struct, IChannelKernel<T>
    {
        for (var row = first; row < last; row++)
        {
            var c = c0;
            for (; c <= c1 - TLane.Width; c += TLane.Width)
            {
                kernel.Invoke<TLane>(plane, row, c);
            }

            if (TLane.Width > Lane256<T>.Width && c <= c1 - Lane256<T>.Width)
            {
                kernel.Invoke<Lane256<T>>(plane, row, c);
                c += Lane256<T>.Width;
            }

            if (TLane.Width > Lane128<T>.Width && c <= c1 - Lane128<T>.Width)
            {
                kernel.Invoke<Lane128<T>>(plane, row, c);
                c += Lane128<T>.Width;
            }

            for (; c < c1; c++)
            {
                kernel.Invoke<LaneScalar<T>>(plane, row, c);
            }
        }
    }
}
