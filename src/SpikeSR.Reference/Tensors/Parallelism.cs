namespace SpikeSR.Reference.Tensors;

/// <summary>
/// Splits work over outputs into fixed chunks that threads claim from a counter; the calling thread works too and never waits for a pool
/// thread that has not started. Results never depend on the number of threads, because no sum is ever split (SPEC REP-5).
/// </summary>
public sealed class Parallelism
{
    /// <summary>Work on the calling thread alone.</summary>
    public static readonly Parallelism Single = new(1);

    /// <summary>Makes a partition over a number of threads.</summary>
    /// <param name="threads">Threads, the caller included; 0 means one per processor.</param>
    public Parallelism(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <summary>Threads that may work at the same time, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs <paramref name="body"/> for every chunk index in [0, chunks), in any order and on any thread.</summary>
    /// <param name="chunks">Number of chunks.</param>
    /// <param name="body">Computes the outputs of one chunk; chunks must write disjoint outputs.</param>
    /// <exception cref="AggregateException">One or more chunks threw.</exception>
    public void For(int chunks, Action<int> body)
    {
        if (Threads == 1 || chunks <= 1)
        {
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                body(chunk);
            }

            return;
        }

        var run = new Run(chunks, body);
        for (var helper = 1; helper < Math.Min(Threads, chunks); helper++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
        }

        run.Execute();
        run.Wait();
    }

    /// <summary>Runs <paramref name="body"/> over [0, count) in ranges of at least <paramref name="grain"/> elements.</summary>
    /// <param name="count">Number of elements.</param>
    /// <param name="grain">Smallest worthwhile range; ranges start at its multiples.</param>
    /// <param name="body">Computes the outputs [start, end).</param>
    public void ForRange(int count, int grain, Action<int, int> body)
    {
        if (count <= 0)
        {
            return;
        }

        // About four ranges a thread, so that a slow thread does not hold the others up.
        var wanted = Threads == 1 ? 1 : Threads * 4;
        var units = (count + grain - 1) / grain;
        var size = Math.Max(1, (units + wanted - 1) / wanted) * grain;
        var ranges = (int)(((long)count + size - 1) / size);
        For(ranges, range => body(range * size, (int)Math.Min(count, ((long)range + 1) * size)));
    }

    private sealed class Run : IThreadPoolWorkItem
    {
        private readonly int _chunks;
        private readonly Action<int> _body;
        private readonly Lock _gate = new();
        private int _next = -1;
        private int _pending;
        private List<Exception>? _failures;

        public Run(int chunks, Action<int> body)
        {
            _chunks = chunks;
            _pending = chunks;
            _body = body;
        }

        public void Execute()
        {
            int chunk;
            while ((chunk = Interlocked.Increment(ref _next)) < _chunks)
            {
                try
                {
                    _body(chunk);
                }
#pragma warning disable CA1031 // carried to the caller, who throws it
                catch (Exception failure)
#pragma warning restore CA1031
                {
                    lock (_gate)
                    {
                        (_failures ??= []).Add(failure);
                    }
                }

                Interlocked.Decrement(ref _pending);
            }
        }

        public void Wait()
        {
            // Only chunks that a thread has already claimed are waited for.
            var spin = default(SpinWait);
            while (Volatile.Read(ref _pending) > 0)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }

            if (_failures is { } failures)
            {
                throw failures.Count == 1 && failures[0] is ArgumentException or OperationCanceledException
                    ? failures[0]
                    : new AggregateException(failures);
            }
        }
    }
}
