using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

/// <summary>SPEC REP-5: every chunk is computed once, whoever computes it, and no helper that waits is forgotten.</summary>
public sealed class ParallelismTests
{
    // Longer than a helper waits for the next partition.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

    // What a thread of a busy pool may take to come.
    private static readonly TimeSpan Arrival = TimeSpan.FromSeconds(60);

    // The runner's own threads are the pool's, which would give helpers none for half a second.
    public ParallelismTests() => ThreadPool.SetMinThreads(16, 16);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Every_chunk_is_computed_once_in_partitions_that_follow_at_once_and_later(int threads)
    {
        var parallelism = new Parallelism(threads);
        for (var round = 0; round < 2000; round++)
        {
            Assert.All(Times(parallelism, chunks: 1 + (round % 9)), time => Assert.Equal(1, time));
            if (round % 200 == 0)
            {
                Thread.Sleep(Patience);
            }
        }
    }

    [Fact]
    public void Callers_may_share_it()
    {
        var parallelism = new Parallelism(3);
        Parallel.For(0, 2000, _ => Assert.All(Times(parallelism, chunks: 5), time => Assert.Equal(1, time)));
    }

    [Fact]
    public void A_chunk_may_be_partitioned_itself()
    {
        var parallelism = new Parallelism(2);
        var sums = new int[50];
        parallelism.For(sums.Length, chunk => parallelism.For(20, part => Interlocked.Add(ref sums[chunk], part)));
        Assert.All(sums, sum => Assert.Equal(190, sum));
    }

    // The two chunks of a partition wait for each other, and so for a helper: one that waited and lost its run would be missed.
    [Fact]
    public void A_helper_comes_to_every_partition()
    {
        var parallelism = new Parallelism(2);
        using var meeting = new Barrier(2);
        for (var round = 0; round < 500; round++)
        {
            parallelism.For(2, _ => Assert.True(meeting.SignalAndWait(Arrival)));
            if (round % 50 == 0)
            {
                Thread.Sleep(Patience);
            }
        }
    }

    [Fact]
    public void The_caller_claims_from_the_first_chunk_on_and_its_helper_from_the_last()
    {
        var parallelism = new Parallelism(2);
        var caller = Environment.CurrentManagedThreadId;
        using var meeting = new Barrier(2);
        for (var round = 0; round < 200; round++)
        {
            var (own, helped) = (new List<int>(), new List<int>());
            parallelism.For(9, chunk =>
            {
                var claimed = Environment.CurrentManagedThreadId == caller ? own : helped;
                claimed.Add(chunk);
                Assert.True(claimed.Count > 1 || meeting.SignalAndWait(Arrival));
                Thread.SpinWait(100);
            });
            Assert.Equal(Enumerable.Range(0, own.Count), own);
            Assert.Equal(Enumerable.Range(own.Count, helped.Count).Reverse(), helped);
        }
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_next_partition_is_whole()
    {
        var parallelism = new Parallelism(2);
        for (var round = 0; round < 200; round++)
        {
            var failure = Assert.Throws<InvalidOperationException>(() => parallelism.For(4, chunk => throw new InvalidOperationException($"chunk {chunk}")));
            Assert.Equal("chunk 0", failure.Message);
            Assert.All(Times(parallelism, chunks: 4), time => Assert.Equal(1, time));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Stages_go_through_the_chunks_in_their_order(int threads)
    {
        var parallelism = new Parallelism(threads);
        for (var round = 0; round < 100; round++)
        {
            List<int>[] passed = [[], [], []];
            parallelism.ForInTurn(20, passed.Length, (chunk, turn) =>
            {
                for (var stage = 0; stage < passed.Length; stage++)
                {
                    Thread.SpinWait((chunk + stage) % 3 * 300);
                    turn.Begin(stage);
                    passed[stage].Add(chunk);
                    turn.End(stage);
                }
            });
            Assert.All(passed, chunks => Assert.Equal(Enumerable.Range(0, 20), chunks));
        }
    }

    [Fact]
    public void A_chunk_may_be_in_a_stage_while_the_next_is_before_it()
    {
        var parallelism = new Parallelism(2);
        using var meeting = new Barrier(2);
        parallelism.ForInTurn(2, 1, (chunk, turn) =>
        {
            Assert.True(chunk == 0 || meeting.SignalAndWait(Arrival));
            turn.Begin(0);
            Assert.True(chunk == 1 || meeting.SignalAndWait(Arrival));
            turn.End(0);
        });
    }

    [Fact]
    public void A_chunk_that_fails_before_its_turn_ends_those_behind_it_and_no_other()
    {
        var parallelism = new Parallelism(2);
        for (var round = 0; round < 100; round++)
        {
            var passed = new List<int>();
            var failure = Assert.Throws<InvalidOperationException>(() => parallelism.ForInTurn(9, 1, (chunk, turn) =>
            {
                Thread.SpinWait(chunk % 2 * 1000);
                if (chunk is 4 or 6)
                {
                    throw new InvalidOperationException($"chunk {chunk}");
                }

                Thread.SpinWait(chunk % 2 * 1000);
                turn.Begin(0);
                passed.Add(chunk);
                turn.End(0);
            }));
            Assert.Equal("chunk 4", failure.Message);
            Assert.Equal(Enumerable.Range(0, 4), passed);
        }
    }

    [Fact]
    public void A_chunk_that_waits_does_not_fail_with_one_behind_it()
    {
        using var failing = new ManualResetEventSlim();
        var passed = new List<int>();
        var failure = Assert.Throws<InvalidOperationException>(() => new Parallelism(3).ForInTurn(3, 1, (chunk, turn) =>
        {
            if (chunk == 2)
            {
                failing.Set();
                throw new InvalidOperationException("chunk 2");
            }

            turn.Begin(0);
            Assert.True(failing.Wait(Arrival));
            Thread.Sleep(Patience);
            passed.Add(chunk);
            turn.End(0);
        }));
        Assert.Equal("chunk 2", failure.Message);
        Assert.Equal([0, 1], passed);
    }

    private static int[] Times(Parallelism parallelism, int chunks)
    {
        var times = new int[chunks];
        parallelism.For(chunks, chunk =>
        {
            Thread.SpinWait((chunk + 1) % 3 * 500);
            Interlocked.Increment(ref times[chunk]);
        });
        return [.. times];
    }
}
