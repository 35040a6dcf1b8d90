using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties.Subjects;

namespace SpikeSR.Reference.Tests.Properties.Laws;

/// <summary>What holds of the network and its blocks as wholes.</summary>
internal static class NetworkLaws
{
    public static IEnumerable<Law> All { get; } =
    [
        new("network: a batch equals its images one by one", 4, (sample, engine) => Comparison.First(Batch<F64>(sample, engine), Batch<F32>(sample, engine))),
        new("network: inference equals the forward pass", 4, (sample, engine) => Comparison.First(Inference<F64>(sample, engine), Inference<F32>(sample, engine))),
        new("network: published and not, the same for one patch", 2, PublishedAlike),
        new("network: silent groups leave tail(FRB(2 F0))", 3, SilentBody),
    ];

    private static string? Batch<T>(Sample sample, IEngine engine)
        where T : unmanaged, IScalar<T>
    {
        var (trial, network, x) = Begin<T>(sample, engine, published: false, batch: 3);
        var together = Enlarge(trial, network, x);
        for (var image = 0; image < 3; image++)
        {
            if (Comparison.Bytes($"image {image} of 3", together.Slice(image, 1), Enlarge(trial, network, x.Slice(image, 1))) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static string? Inference<T>(Sample sample, IEngine engine)
        where T : unmanaged, IScalar<T>
    {
        var (trial, network, x) = Begin<T>(sample, engine, published: sample.Seed % 2 == 0, batch: 2);
        var evaluated = Enlarge(trial, network, x);
        var forward = TensorView<T>.Allocate(evaluated.Shape);
        network.Forward(trial.Pass(train: false), x, forward);
        trial.Dispose();
        return Comparison.First(
            Comparison.Bytes("y", evaluated, forward),
            trial.Backend.Workspace.RentedBytes == 0 ? null : $"{trial.Backend.Workspace.RentedBytes} bytes are still rented");
    }

    // One image of one patch has neither a seam nor a second image.
    private static string? PublishedAlike(Sample sample, IEngine engine)
    {
        TensorView<F64> Answer(bool published)
        {
            var trial = Start<F64>(sample, engine);
            var network = NetworkSubject.Make(trial, new SpikeSrConfiguration { Steps = 2, Channels = 16, Groups = 1, Blocks = 1, PatchSizes = [5], QueryDepth = 2, Hidden = 3, Scale = 2, Published = published });
            return Enlarge(trial, network, trial.Constant("x", new Range(0, 1), 1, 5, 5, 3));
        }

        return Comparison.Bytes("y", Answer(published: true), Answer(published: false));
    }

    // With the last TDBN's weight and bias 0 a group adds nothing to its input, so that F_G = F0.
    private static string? SilentBody(Sample sample, IEngine engine)
    {
        var (trial, network, x) = Begin<F64>(sample, engine, published: false, batch: 1);
        foreach (var entry in network.StateDict.Trained.Where(entry => entry.Name.StartsWith("body", StringComparison.Ordinal) && entry.Name.Contains("reduce_chan_level2.2", StringComparison.Ordinal)))
        {
            entry.Value.Clear();
        }

        var configuration = network.Configuration;
        var head = TensorView<F64>.Allocate(new Shape(1, x.Shape[1], x.Shape[2], configuration.Channels));
        var (refined, y) = (TensorView<F64>.Allocate(head.Shape), TensorView<F64>.Allocate(new Shape(1, x.Shape[1] * configuration.Scale, x.Shape[2] * configuration.Scale, 3)));
        trial.Backend.Convolution(ConvolutionSettings.Same3, x, network.StateDict.Find("head.0.proj.weight")!, null, head);
        trial.Backend.Scale(head, 2, head);
        var (refinement, tail) = (Copy(network.StateDict, "refinement.", names => new FeatureRefinement<F64>(names, configuration.Channels)), Copy(network.StateDict, "tail.", names => new Upsampler<F64>(names, configuration.Channels, configuration.Scale)));
        refinement.Forward(trial.Backend, head, refined);
        tail.Forward(trial.Backend, refined, y);
        return Comparison.Close("y", Enlarge(trial, network, x), y, 1e-13);
    }

    // A module of its own with the network's parameters.
    private static TModule Copy<TModule>(StateDict<F64> network, string prefix, Func<StateDictScope<F64>, TModule> make)
    {
        var stateDict = new StateDict<F64>();
        var module = make(stateDict.Root);
        foreach (var entry in stateDict.Entries)
        {
            network.Find(prefix + entry.Name)!.Value.CopyTo(entry.Value);
        }

        return module;
    }

    private static Trial<T> Start<T>(Sample sample, IEngine engine)
        where T : unmanaged, IScalar<T> => new(sample, engine.Create<T>(), drawn => T.FromDouble(drawn.Value));

    private static (Trial<T> Trial, SpikeSr<T> Network, TensorView<T> X) Begin<T>(Sample sample, IEngine engine, bool published, int batch)
        where T : unmanaged, IScalar<T>
    {
        var trial = Start<T>(sample, engine);
        var configuration = NetworkSubject.DrawConfiguration(trial.Dice, published);
        var x = trial.Constant("x", new Range(0, 1), batch, NetworkSubject.DrawSide(trial.Dice, configuration), NetworkSubject.DrawSide(trial.Dice, configuration), 3);
        return (trial, NetworkSubject.Make(trial, configuration), x);
    }

    private static TensorView<T> Enlarge<T>(Trial<T> trial, SpikeSr<T> network, TensorView<T> x)
        where T : unmanaged, IScalar<T>
    {
        var scale = network.Configuration.Scale;
        var y = TensorView<T>.Allocate(new Shape(x.Shape[0], x.Shape[1] * scale, x.Shape[2] * scale, 3));
        network.Evaluate(trial.Backend, x, y);
        return y;
    }
}
