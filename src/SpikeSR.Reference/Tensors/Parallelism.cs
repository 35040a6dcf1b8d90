using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// Splits work over outputs into fixed chunks that threads claim one at a time; the calling thread works too and never waits for a pool
/// thread that has not started. Results never depend on the number of threads, because a sum belongs to one chunk, or chunks add to it in
/// turn (SPEC REP-5).
/// </summary>
/// <remarks>
/// The caller claims chunks from the first on, its helpers from the last on: one partition after the other, each finds in its own caches what it wrote before. Where
/// processors share none, inference of 64x64 is 1.01 to 1.03 times as fast as with chunks in the order of who comes, a training step 1.05 times.
/// </remarks>
public sealed class Parallelism
{
    /// <summary>Work on the calling thread alone.</summary>
    public static readonly Parallelism Single = new(1);

    [ThreadStatic]
    private static int _place;

    private readonly Crew _crew;

    /// <summary>Makes a partition over a number of threads.</summary>
    /// <param name="threads">Threads, the caller included; 0 means one per processor.</param>
    public Parallelism(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _crew = new Crew(Threads);
    }

    /// <summary>Threads that may work at the same time, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Which of a partition's threads this one is: 0 for who calls, 1, 2, ... for helpers. Two may have one number for a while; buffers go by it, no results.</summary>
    internal static int Place => _place;

    /// <summary>Runs <paramref name="body"/> for every chunk index in [0, chunks), in any order and on any thread.</summary>
    /// <param name="chunks">Number of chunks.</param>
    /// <param name="body">Computes the outputs of one chunk; chunks must write disjoint outputs.</param>
    /// <remarks>What a chunk throws, the caller throws; of several the lowest chunk's, so that the threads make no difference. The chunks beside it may have run or not.</remarks>
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

        Call(new Run(chunks, isInTurn: false, body));
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

    /// <summary>
    /// The same with parts that one chunk does after the other: sums over chunks, each added to while what it adds is in its thread's caches, in an order that is the same
    /// for every number of threads. A chunk's stages begin when those of the chunk before have ended; its other work, and other stages of other chunks, go on beside them.
    /// </summary>
    /// <param name="chunks">Number of chunks.</param>
    /// <param name="stages">Stages of a chunk.</param>
    /// <param name="body">Computes the outputs of one chunk, and goes through all of its stages, each once.</param>
    internal void ForInTurn(int chunks, int stages, Action<int, Turn> body)
    {
        var queue = new Queue(stages);
        Call(new Run(chunks, isInTurn: true, chunk =>
        {
            try
            {
                body(chunk, new Turn(queue, chunk));
            }
            catch
            {
                queue.Leave(chunk);
                throw;
            }
        }));
    }

    private void Call(Run run)
    {
        if (Threads > 1 && run.Chunks > 1)
        {
            _crew.Call(run, Math.Min(Threads, run.Chunks) - 1);
        }

        run.Execute(fromFront: true);
        _crew.Dismiss(run);
        run.Wait();
    }

    /// <summary>A chunk's place in the queues before the stages of <see cref="ForInTurn"/>.</summary>
    internal readonly struct Turn
    {
        private readonly Queue _queue;
        private readonly int _chunk;

        /// <summary>The place of a chunk.</summary>
        public Turn(Queue queue, int chunk) => (_queue, _chunk) = (queue, chunk);

        /// <summary>Waits until the chunk before has ended a stage.</summary>
        /// <param name="stage">The stage.</param>
        public void Begin(int stage) => _queue.Begin(stage, _chunk);

        /// <summary>Lets the next chunk begin a stage.</summary>
        /// <param name="stage">The stage.</param>
        public void End(int stage) => _queue.End(stage, _chunk);
    }

    /// <summary>Whose turn it is in every stage. Chunks are claimed in their order, so the one that is waited for is always in a thread's hands.</summary>
    internal sealed class Queue(int stages)
    {
        // Numbers to a cache line: a stage's waiters do not take the line of another.
        private const int Line = 16;

        private readonly int[] _turns = new int[(stages + 1) * Line];
        private readonly Lock _gate = new();
        private int _firstToLeave = int.MaxValue;

        public void Begin(int stage, int chunk)
        {
            var spin = default(SpinWait);
            while (Volatile.Read(ref _turns[(stage + 1) * Line]) != chunk)
            {
                if (Volatile.Read(ref _firstToLeave) < chunk)
                {
                    throw new OperationCanceledException("a chunk before this one has failed");
                }

                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        public void End(int stage, int chunk) => Volatile.Write(ref _turns[(stage + 1) * Line], chunk + 1);

        // A chunk that failed: those behind it, whose turn will not come, fail with it, those before it do not.
        public void Leave(int chunk)
        {
            lock (_gate)
            {
                _firstToLeave = Math.Min(_firstToLeave, chunk);
            }
        }
    }

    /// <summary>Threads of the pool that help with partitions, and wait a while for the next.</summary>
    private sealed class Crew(int threads) : IThreadPoolWorkItem
    {
        // How long a helper waits for more work: half a millisecond, longer than what the caller does alone between two partitions. To wake another thread of the pool
        // costs some 50 microseconds, and those that the pool keeps awake itself take each other's time; with helpers that wait, inference and a training step are 3 to 4 %
        // faster.
        private static readonly long _patience = Stopwatch.Frequency / 2000;

        // Whose partition was begun last: the helpers of others do not wait, because they would take its time.
        private static Crew? _latest;

        // Helpers that may wait: one for every other processor, because more of them would take the time of those that work.
        private readonly int _places = Math.Min(threads, Environment.ProcessorCount) - 1;

        // What helpers find to do, and how many there are, working, waiting, or on their way.
        private Run? _current;
        private int _helpers;
        private int _arrivals;

        // Only as many more as are missing: one that has not yet come back from the last partition finds this one by itself.
        public void Call(Run run, int helpers)
        {
            Volatile.Write(ref _latest, this);
            Interlocked.Exchange(ref _current, run);
            while (TryAdd(helpers))
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        // Every chunk is claimed: nobody else has to come.
        public void Dismiss(Run run) => Interlocked.CompareExchange(ref _current, null, run);

        // A helper's life, on a thread of the pool.
        public void Execute()
        {
            _place = 1 + ((Interlocked.Increment(ref _arrivals) & int.MaxValue) % (threads - 1));
            do
            {
                var since = Stopwatch.GetTimestamp();
                do
                {
                    if (Volatile.Read(ref _current) is { HasChunks: true } run)
                    {
                        run.Execute(fromFront: false);
                        since = Stopwatch.GetTimestamp();
                    }
                    else
                    {
                        Thread.SpinWait(10);
                    }
                }
                while (Volatile.Read(ref _latest) == this && Volatile.Read(ref _helpers) <= _places && Stopwatch.GetTimestamp() - since < _patience);

                // Whoever begins a partition meanwhile may still count on this helper.
                Interlocked.Decrement(ref _helpers);
            }
            while (Volatile.Read(ref _current) is { HasChunks: true } && TryAdd(threads - 1));
            _place = 0;
        }

        private bool TryAdd(int most)
        {
            var present = Volatile.Read(ref _helpers);
            while (present < most)
            {
                var found = Interlocked.CompareExchange(ref _helpers, present + 1, present);
                if (found == present)
                {
                    return true;
                }

                present = found;
            }

            return false;
        }
    }

    private sealed class Run
    {
        private readonly bool _isInTurn;
        private readonly Action<int> _body;
        private readonly Lock _gate = new();
        private int _claims;
        private int _front = -1;
        private int _back;
        private int _pending;
        private (int Chunk, ExceptionDispatchInfo Failure)? _failed;

        public Run(int chunks, bool isInTurn, Action<int> body)
        {
            Chunks = chunks;
            _pending = chunks;
            _back = chunks;
            _isInTurn = isInTurn;
            _body = body;
        }

        public int Chunks { get; }

        /// <summary>Whether a chunk is left that no thread has claimed.</summary>
        public bool HasChunks => Volatile.Read(ref _claims) < Chunks;

        public void Execute(bool fromFront)
        {
            while (Interlocked.Increment(ref _claims) <= Chunks)
            {
                var chunk = fromFront || _isInTurn ? Interlocked.Increment(ref _front) : Interlocked.Decrement(ref _back);
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
                        _failed = _failed is { } other && other.Chunk < chunk ? other : (chunk, ExceptionDispatchInfo.Capture(failure));
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

            _failed?.Failure.Throw();
        }
    }
}
