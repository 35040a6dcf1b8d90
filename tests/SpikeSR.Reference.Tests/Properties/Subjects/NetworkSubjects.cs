using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>SAB.</summary>
internal sealed class BlockSubject(bool train) : Subject($"SAB, {(train ? "training" : "evaluation")}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        trial.IsSmooth = !train;
        var size = trial.Dice.Extent(3, 4);
        var configuration = DrawConfiguration(trial.Dice, size, trial.Dice.Extent(2, 4), blocks: 1);
        var shape = DrawFeatures(trial.Dice, configuration, size);
        var (x, y) = (trial.Input("x", Range.Unit, shape), trial.Output("y", shape));
        var module = trial.Module(names => new SpikingAttentionBlock<T>(names, configuration, size));
        SpikingAttentionBlock<T>.Saved? saved = null;
        return new(() => saved = module.Forward(trial.Pass(train), x.Value, y.Value), () => module.Backward(trial.Backend, saved!, y.Gradient, x.Gradient));
    }

    /// <summary>Small settings of a block or group.</summary>
    public static SpikeSrConfiguration DrawConfiguration(Dice dice, int patchSize, int channels, int blocks) => new()
    {
        Steps = dice.Extent(1, 3),
        Channels = channels,
        Groups = 1,
        Blocks = blocks,
        PatchSizes = [patchSize],
        QueryDepth = dice.Extent(1, 3),
        Hidden = dice.Extent(1, 4),
        Scale = dice.Between(2, 4),
        Published = dice.Toss(),
    };

    /// <summary>[T, B, H, W, C] with more than one value a channel.</summary>
    public static int[] DrawFeatures(Dice dice, SpikeSrConfiguration configuration, int patchSize) =>
        [configuration.Steps, dice.Extent(1, 2), patchSize + dice.Extent(0, 2), patchSize + dice.Extent(0, 2), configuration.Channels];
}

/// <summary>SAG.</summary>
internal sealed class GroupSubject(bool train) : Subject($"SAG, {(train ? "training" : "evaluation")}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        trial.IsSmooth = !train;
        var configuration = BlockSubject.DrawConfiguration(trial.Dice, 3, trial.Dice.Extent(2, 3), blocks: trial.Dice.Between(1, 2));
        var shape = BlockSubject.DrawFeatures(trial.Dice, configuration, 3);
        var (x, y) = (trial.Input("x", Range.Unit, shape), trial.Output("y", shape));
        var module = trial.Module(names => new SpikingAttentionGroup<T>(names, configuration, 0));
        SpikingAttentionGroup<T>.Saved? saved = null;
        return new(() => saved = module.Forward(trial.Pass(train), x.Value, y.Value), () => module.Backward(trial.Backend, saved!, y.Gradient, x.Gradient));
    }
}

/// <summary>The whole network.</summary>
internal sealed class NetworkSubject(bool train, bool published = false) : Subject($"SpikeSR, {(train ? "training" : "evaluation")}{(published ? ", published" : "")}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        trial.IsSmooth = !train;
        var configuration = DrawConfiguration(trial.Dice, published);
        var (batch, height, width) = (published ? 2 : trial.Dice.Extent(1, 2), DrawSide(trial.Dice, configuration), DrawSide(trial.Dice, configuration));
        var x = trial.Input("x", new Range(0, 1), batch, height, width, 3);
        var y = trial.Output("y", batch, height * configuration.Scale, width * configuration.Scale, 3);
        var network = Make(trial, configuration);
        SpikeSr<T>.Saved? saved = null;
        return new(() => saved = network.Forward(trial.Pass(train), x.Value, y.Value), () => network.Backward(trial.Backend, saved!, y.Gradient, x.Gradient));
    }

    /// <summary>A network of the smallest width, with patches of one size or of several.</summary>
    public static SpikeSrConfiguration DrawConfiguration(Dice dice, bool published)
    {
        var (groups, blocks) = dice.Pick((1, 1), (1, 2), (2, 1));
        return BlockSubject.DrawConfiguration(dice, 4, 16, blocks) with
        {
            Groups = groups,
            PatchSizes = groups * blocks == 2 && dice.Toss() ? [3, 4] : [4],
            Steps = dice.Extent(1, 2),
            Published = published,
        };
    }

    /// <summary>A side of an image that fits.</summary>
    public static int DrawSide(Dice dice, SpikeSrConfiguration configuration) => configuration.MinimumSide + dice.Extent(0, 2);

    /// <summary>The network with drawn parameters.</summary>
    public static SpikeSr<T> Make<T>(Trial<T> trial, SpikeSrConfiguration configuration)
        where T : unmanaged, IScalar<T>
    {
        var network = new SpikeSr<T>(configuration);
        trial.DrawParameters(network.StateDict);
        return network;
    }
}
