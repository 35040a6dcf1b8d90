using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training.Tests;

/// <summary>SPEC TRAIN-9: a grown network begins as the one it was grown from, and its new groups can learn.</summary>
public sealed class GroupGrowthTests
{
    private static readonly Backend<F32> Backend = SimdBackend.Create<F32>(new Workspace(), Parallelism.Single);

    [Fact]
    public void A_grown_network_answers_as_the_trained_one()
    {
        var trained = Trained();
        var (before, after) = (Enlarge(trained), Enlarge(GroupGrowth.Apply(trained, 3, 7)));
        Assert.Equal(before, after);
        Assert.Contains(before, value => value != 0);
    }

    [Fact]
    public void The_first_gradient_reaches_the_weight_that_holds_a_new_group_back()
    {
        var network = GroupGrowth.Apply(Trained(), 3, 7);
        using var keep = Backend.Workspace.OpenScope();
        var (x, y) = (Picture(), keep.Rent<F32>(1, 48, 48, 3));
        var saved = network.Forward(new ForwardPass<F32>(Backend, train: true, keep, new GumbelNoise(1, 0)), x, y);
        network.Backward(Backend, saved, y, default);
        Assert.Contains(network.StateDict.Find("body.2.reduce_chan_level2.2.weight")!.Gradient.Span.ToArray(), gradient => gradient.Value != 0);
    }

    [Fact]
    public void Groups_are_only_added() =>
        Assert.Contains("groups are only added", Assert.Throws<ArgumentException>(() => GroupGrowth.Apply(Trained(), 0, 7)).Message, StringComparison.Ordinal);

    [Fact]
    public void Patch_sizes_block_by_block_cannot_grow()
    {
        var network = new SpikeSr<F32>(Configuration with { Blocks = 2, PatchSizes = [6, 8] });
        Assert.Contains("patch size for each", Assert.Throws<ArgumentException>(() => GroupGrowth.Apply(network, 2, 7)).Message, StringComparison.Ordinal);
    }

    private static SpikeSrConfiguration Configuration => new() { Steps = 2, Channels = 32, Groups = 1, Blocks = 1, PatchSizes = [6], QueryDepth = 4, Hidden = 8 };

    private static SpikeSr<F32> Trained()
    {
        var network = new SpikeSr<F32>(Configuration);
        network.StateDict.Initialise(3);
        return network;
    }

    private static TensorView<F32> Picture()
    {
        var x = TensorView<F32>.Allocate(new Shape(1, 12, 12, 3));
        for (var k = 0; k < x.Length; k++)
        {
            x.Span[k] = F32.FromDouble((k * 37 % 101) / 101.0);
        }

        return x;
    }

    private static float[] Enlarge(SpikeSr<F32> network)
    {
        var y = TensorView<F32>.Allocate(new Shape(1, 48, 48, 3));
        network.Evaluate(Backend, Picture(), y);
        return [.. y.Span.ToArray().Select(value => value.Value)];
    }
}
