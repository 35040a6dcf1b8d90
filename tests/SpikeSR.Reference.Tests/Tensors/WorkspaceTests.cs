using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Tensors;

/// <summary>SPEC TEN-2: what a workspace's scopes own, and that steady state makes no garbage.</summary>
public sealed class WorkspaceTests
{
    [Fact]
    public void A_disposed_scope_gives_everything_back_once()
    {
        var workspace = new Workspace();
        var scope = workspace.OpenScope();
        scope.Rent<float>(16);
        var kept = scope.Rent<float>(32);
        scope.Return(kept);
        scope.Dispose();
        using var other = workspace.OpenScope();
        other.Rent<float>(64);
        scope.Dispose();
        Assert.NotEqual(0, workspace.RentedBytes);
    }

    [Fact]
    public void A_disposed_scope_rents_nothing()
    {
        var scope = new Workspace().OpenScope();
        scope.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scope.Rent<float>(16));
    }

    [Fact]
    public void Views_and_rents_in_steady_state_allocate_no_more_than_their_scope()
    {
        var workspace = new Workspace();
        Rent(workspace);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Rent(workspace);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 64);
    }

    // The two chunks of a partition rent and return in turns, now the caller first, now its helper, so that who comes first would find what the other has left.
    [Fact]
    public unsafe void What_a_thread_used_last_is_rented_by_it_again()
    {
        ThreadPool.SetMinThreads(16, 16);
        var (workspace, parallelism) = (new Workspace(), new Parallelism(2));
        using var meeting = new Barrier(2);
        var places = new[] { new HashSet<nint>(), new HashSet<nint>() };
        for (var round = 0; round < 40; round++)
        {
            parallelism.For(2, chunk =>
            {
                Assert.True(meeting.SignalAndWait(TimeSpan.FromSeconds(60)));
                var isFirst = chunk == round % 2;
                Take(isFirst);
                Take(!isFirst);

                void Take(bool now)
                {
                    if (now)
                    {
                        var tensor = workspace.Rent<float>(new Shape(1000));
                        places[chunk].Add((nint)tensor.Pointer);
                        workspace.Return(tensor);
                    }

                    Assert.True(meeting.SignalAndWait(TimeSpan.FromSeconds(60)));
                }
            });
        }

        Assert.Empty(places[0].Intersect(places[1]));
    }

    private static void Rent(Workspace workspace)
    {
        using var scope = workspace.OpenScope();
        var tensor = scope.Rent<float>(4, 8, 8);
        tensor.At(1).Slice(2, 3).Clear();
    }
}
