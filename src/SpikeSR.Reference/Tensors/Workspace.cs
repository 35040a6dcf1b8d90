using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// The owner of temporary tensors: blocks of pinned, 64-byte aligned memory that are rented and given back, so that kernels and modules in steady state
/// allocate no tensor. Not everything temporary comes from it: definitions allocate rows of their own. Safe to use from several threads (SPEC TEN-2).
/// </summary>
public sealed class Workspace
{
    private const int Alignment = 64;
    private const int LargeBytes = 1 << 20;
    private const int MostWaste = 5;
    private readonly Lock _gate = new();

    // Ascending by length; with every block the place (of a partition's threads) that gave it back.
    private readonly List<(byte[] Block, int Place)> _free = [];
    private readonly Stack<List<byte[]>> _closed = [];

    /// <summary>Bytes in blocks that this workspace has allocated, rented or free.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Bytes in blocks that are rented now.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>The largest value that <see cref="RentedBytes"/> has had.</summary>
    public long PeakRentedBytes { get; private set; }

    /// <summary>Rents a tensor with undefined elements. The smallest free block that fits is used again, unless it is longer than 1.25 times (5 times, where a large one is asked for) what is asked.</summary>
    /// <remarks>
    /// A block of less than 1 MiB, as a thread uses for itself, only by the place that gave it back: to another it would have to come from that one's caches. On two
    /// processors that share none inference of 64x64 is 1.01 to 1.04 times as fast for it.
    /// </remarks>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="shape">Extents.</param>
    /// <returns>A tensor to be given back with <see cref="Return{T}"/>, or by the <see cref="Scope"/> that rented it.</returns>
    /// <exception cref="ArgumentException">The tensor would pass 2 GiB.</exception>
    public TensorView<T> Rent<T>(Shape shape)
        where T : unmanaged
    {
        var bytes = BlockBytes<T>(shape);
        lock (_gate)
        {
            // Beside a good fit a poor one is still better than more memory, but only among what is large.
            var best = Fitting(bytes, (int)Math.Min(Array.MaxLength, bytes + (bytes / 4L)));
            best = best < 0 && bytes >= LargeBytes ? Fitting(bytes, (int)Math.Min(Array.MaxLength, MostWaste * (long)bytes)) : best;
            byte[] block;
            if (best >= 0)
            {
                block = _free[best].Block;
                _free.RemoveAt(best);
            }
            else
            {
                block = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
                AllocatedBytes += bytes;
            }

            RentedBytes += block.Length;
            PeakRentedBytes = Math.Max(PeakRentedBytes, RentedBytes);
            return View<T>(block, shape);
        }
    }

    /// <summary>Rents a tensor of zeros.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="shape">Extents.</param>
    public TensorView<T> RentCleared<T>(Shape shape)
        where T : unmanaged
    {
        var tensor = Rent<T>(shape);
        tensor.Clear();
        return tensor;
    }

    /// <summary>Gives a rented tensor's block back; any view of it must not be used afterwards. An absent tensor is ignored.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="tensor">A tensor from <see cref="Rent{T}"/>, under any shape.</param>
    public void Return<T>(TensorView<T> tensor)
        where T : unmanaged
    {
        if (tensor.Block is { } block)
        {
            Return(block);
        }
    }

    /// <summary>Opens a scope whose tensors are all given back when it is disposed.</summary>
    public Scope OpenScope()
    {
        lock (_gate)
        {
            return new Scope(this, _closed.TryPop(out var list) ? list : []);
        }
    }

    /// <summary>Forgets the free blocks, so that the collector can take them.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            AllocatedBytes -= _free.Sum(free => (long)free.Block.Length);
            _free.Clear();
        }
    }

    private void Return(byte[] block)
    {
        lock (_gate)
        {
            Free(block);
        }
    }

    // The list itself serves the next scope.
    private void Close(List<byte[]> rented)
    {
        lock (_gate)
        {
            foreach (var block in rented)
            {
                Free(block);
            }

            rented.Clear();
            _closed.Push(rented);
        }
    }

    internal static TensorView<T> AllocateBlock<T>(Shape shape, bool clear)
        where T : unmanaged
    {
        var bytes = BlockBytes<T>(shape);
        var block = clear ? GC.AllocateArray<byte>(bytes, pinned: true) : GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        return View<T>(block, shape);
    }

    // Before those of its length, so that the block given back last, which a cache may still hold, is rented first.
    private void Free(byte[] block)
    {
        _free.Insert(FirstOfAtLeast(block.Length), (block, Parallelism.Place));
        RentedBytes -= block.Length;
    }

    // The smallest free block of least to most bytes, a small one of this thread's place, or -1.
    private int Fitting(int least, int most)
    {
        for (var at = FirstOfAtLeast(least); at < _free.Count && _free[at].Block.Length <= most; at++)
        {
            if (least >= LargeBytes || _free[at].Place == Parallelism.Place)
            {
                return at;
            }
        }

        return -1;
    }

    private int FirstOfAtLeast(int bytes)
    {
        var (first, end) = (0, _free.Count);
        while (first < end)
        {
            var middle = (first + end) / 2;
            (first, end) = _free[middle].Block.Length < bytes ? (middle + 1, end) : (first, middle);
        }

        return first;
    }

    private static int BlockBytes<T>(Shape shape)
        where T : unmanaged
    {
        var bytes = ((long)shape.Length * Unsafe.SizeOf<T>()) + Alignment;
        if (bytes > Array.MaxLength)
        {
            throw new ArgumentException($"a tensor {shape} of {Unsafe.SizeOf<T>()}-byte elements passes 2 GiB; use tiles", nameof(shape));
        }

        return (int)bytes;
    }

    private static unsafe TensorView<T> View<T>(byte[] block, Shape shape)
        where T : unmanaged
    {
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(block));
        var offset = (int)((Alignment - (address % Alignment)) % Alignment);
        return new TensorView<T>(block, offset, shape);
    }

    /// <summary>A set of rented tensors with one lifetime: <c>using var scope = workspace.OpenScope();</c>.</summary>
    public sealed class Scope : IDisposable
    {
        private readonly Workspace _workspace;
        private List<byte[]>? _rented;

        internal Scope(Workspace workspace, List<byte[]> rented) => (_workspace, _rented) = (workspace, rented);

        private List<byte[]> Rented => _rented ?? throw new ObjectDisposedException(nameof(Scope));

        /// <summary>Rents a tensor with undefined elements until the scope ends.</summary>
        /// <typeparam name="T">Element type.</typeparam>
        /// <param name="extents">Extents, outermost first.</param>
        public TensorView<T> Rent<T>(params ReadOnlySpan<int> extents)
            where T : unmanaged => Rent<T>(new Shape(extents));

        /// <summary>Rents a tensor with undefined elements until the scope ends.</summary>
        /// <typeparam name="T">Element type.</typeparam>
        /// <param name="shape">Extents.</param>
        public TensorView<T> Rent<T>(Shape shape)
            where T : unmanaged
        {
            var tensor = _workspace.Rent<T>(shape);
            Rented.Add(tensor.Block!);
            return tensor;
        }

        /// <summary>Rents a tensor of zeros until the scope ends.</summary>
        /// <typeparam name="T">Element type.</typeparam>
        /// <param name="shape">Extents.</param>
        public TensorView<T> RentCleared<T>(Shape shape)
            where T : unmanaged
        {
            var tensor = Rent<T>(shape);
            tensor.Clear();
            return tensor;
        }

        /// <summary>Gives one of the scope's tensors back before the scope ends.</summary>
        /// <typeparam name="T">Element type.</typeparam>
        /// <param name="tensor">A tensor that this scope rented.</param>
        public void Return<T>(TensorView<T> tensor)
            where T : unmanaged
        {
            Guard.That(tensor.Block is { } block && Rented.Remove(block), "the tensor was not rented from this scope", nameof(tensor));
            _workspace.Return(tensor);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_rented is { } rented)
            {
                _workspace.Close(rented);
                _rented = null;
            }
        }
    }
}
