using System.Diagnostics;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// Splits work over outputs into fixed chunks that threads claim from a counter; the calling thread works too and never waits for a pool
/// thread that has not started. Results never depend on the number of threads, because no sum is ever split (SPEC REP-5).
/// </summary>
public sealed class Parallelism
{
    /// <summary>Work on the calling thread alone.</summary>
    public static readonly Parallelism Single = new(1);

    // How long a helper waits for more work: half a millisecond, longer than what the caller does alone between two partitions. To wake another thread of the pool
    // costs some 50 microseconds, and those that the pool keeps awake itself take each other's time; with helpers that wait, inference is 3 to 4 % faster and a
    // training step 3 to 5 %.
    private static readonly long _patience = Stopwatch.Frequency / 2000;

    // Where helpers wait: a place for every other processor, because more of them would take the time of those that work.
    private readonly Helper?[] _waiting;

    /// <summary>Makes a partition over a number of threads.</summary>
    /// <param name="threads">Threads, the caller included; 0 means one per processor.</param>
    public Parallelism(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _waiting = new Helper?[Math.Min(Threads, Environment.ProcessorCount) - 1];
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
        Call(run, Math.Min(Threads, chunks) - 1);
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

    // A run goes to helpers that wait, and through the pool's queue where there are none.
    private void Call(Run run, int helpers)
    {
        for (var place = 0; place < _waiting.Length && helpers > 0; place++)
        {
            if (Interlocked.Exchange(ref _waiting[place], null) is { } helper)
            {
                helper.Take(run);
                helpers--;
            }
        }

        for (; helpers > 0; helpers--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new Helper(this, run), preferLocal: false);
        }
    }

    /// <summary>A thread of the pool that works on a run, and then waits a while for the next.</summary>
    private sealed class Helper(Parallelism owner, Run first) : IThreadPoolWorkItem
    {
        private Run? _run = first;

        public void Take(Run run) => Volatile.Write(ref _run, run);

        public void Execute()
        {
            do
            {
                var run = _run!;
                _run = null;
                run.Execute();
            }
            while (HasMore());
        }

        private bool HasMore()
        {
            var place = 0;
            while (place < owner._waiting.Length && Interlocked.CompareExchange(ref owner._waiting[place], this, null) is not null)
            {
                place++;
            }

            if (place == owner._waiting.Length)
            {
                return false;
            }

            var since = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref _run) is null)
            {
                // Whoever has taken this helper from its place is about to hand it a run.
                if (Stopwatch.GetTimestamp() - since > _patience && Interlocked.CompareExchange(ref owner._waiting[place], null, this) == this)
                {
                    return false;
                }

                Thread.SpinWait(10);
            }

            return true;
        }
    }

    private sealed class Run
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
