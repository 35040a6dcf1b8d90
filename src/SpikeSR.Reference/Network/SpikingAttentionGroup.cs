using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>SAG (SPEC SAG): <c>SAG(F) = F + TDBN(conv1x1(LIF(SAB_N(... SAB_1(F)))))</c>, the convolution with bias.</summary>
/// <typeparam name="T">Scalar.</typeparam>
public sealed class SpikingAttentionGroup<T>
    where T : unmanaged, IScalar<T>
{
    private readonly NeuronSettings _neuron;
    private readonly SpikingAttentionBlock<T>[] _blocks;
    private readonly Parameter<T> _weight;
    private readonly Parameter<T> _bias;
    private readonly NormParameters<T> _norm;

    /// <summary>Declares body.{n} and reduce_chan_level2.</summary>
    /// <param name="names">Where.</param>
    /// <param name="configuration">Sizes.</param>
    /// <param name="group">Number of this group, for its blocks' patch sizes.</param>
    public SpikingAttentionGroup(StateDictScope<T> names, SpikeSrConfiguration configuration, int group)
    {
        _neuron = configuration.Neuron;
        _blocks = new SpikingAttentionBlock<T>[configuration.Blocks];
        for (var n = 0; n < _blocks.Length; n++)
        {
            _blocks[n] = new SpikingAttentionBlock<T>(names[$"body.{n}"], configuration, configuration.PatchSizeOf((group * configuration.Blocks) + n));
        }

        _weight = names["reduce_chan_level2.1"].Weight(configuration.Channels, configuration.Channels, 1, 1);
        _bias = names["reduce_chan_level2.1"].BiasOf(_weight);
        _norm = names["reduce_chan_level2.2"].Norm(configuration.Channels, configuration.Neuron.Threshold);
    }

    /// <summary>Published name of the weight of a group's last TDBN; where it and the bias are zero the group is the identity.</summary>
    /// <param name="group">Number of the group.</param>
    public static string LastNormWeight(int group) => $"body.{group}.reduce_chan_level2.2.weight";

    /// <summary>Inference: y = SAG(x).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="x">Input [T, B, H, W, C].</param>
    /// <param name="y">Output, as x; may be x itself.</param>
    public void Evaluate(Backend<T> backend, TensorView<T> x, TensorView<T> y)
    {
        using var scope = backend.Workspace.OpenScope();
        var features = scope.Rent<T>(x.Shape);
        _blocks[0].Evaluate(backend, x, features);
        foreach (var block in _blocks.AsSpan(1))
        {
            block.Evaluate(backend, features, features);
        }

        backend.Neuron(_neuron, null, Steps(features), default, Steps(features), default);
        backend.ConvolutionNorm(ConvolutionSettings.Point, Images(features), _weight, _bias, _norm, Images(x), Images(y));
    }

    /// <summary>The same with everything kept that the backward pass needs.</summary>
    /// <param name="pass">Mode, noise and what keeps.</param>
    /// <param name="x">Input [T, B, H, W, C]; must live until the backward pass.</param>
    /// <param name="y">Output, as x.</param>
    public Saved Forward(ForwardPass<T> pass, TensorView<T> x, TensorView<T> y)
    {
        var (backend, keep) = (pass.Backend, pass.Keep);
        var blocks = new SpikingAttentionBlock<T>.Saved[_blocks.Length];
        var features = x;
        for (var n = 0; n < _blocks.Length; n++)
        {
            var output = keep.Rent<T>(x.Shape);
            blocks[n] = _blocks[n].Forward(pass, features, output);
            features = output;
        }

        var (convolved, statistics) = (keep.Rent<T>(x.Shape), keep.Rent<T>(2, x.Shape[4]));
        using var scope = backend.Workspace.OpenScope();
        var branch = scope.Rent<T>(x.Shape);
        backend.Neuron(_neuron, null, Steps(features), default, Steps(branch), default);
        backend.Convolution(ConvolutionSettings.Point, Images(branch), _weight, _bias, Images(convolved));
        backend.BatchNorm(new(Train: pass.Train), Planes(convolved), _norm, Planes(branch), statistics);
        backend.Add(x, branch, y);
        return new Saved(pass.Train, blocks, features, convolved, statistics);
    }

    /// <summary>gradX = gradY + the blocks' path. Overwrites gradX.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="saved">From the forward pass.</param>
    /// <param name="gradY">Gradient by the output [T, B, H, W, C].</param>
    /// <param name="gradX">Gradient by the input; may be gradY itself.</param>
    public void Backward(Backend<T> backend, Saved saved, TensorView<T> gradY, TensorView<T> gradX)
    {
        using var scope = backend.Workspace.OpenScope();
        var (spikes, grad, path) = (scope.Rent<T>(gradY.Shape), scope.Rent<T>(gradY.Shape), scope.Rent<T>(gradY.Shape));
        backend.BatchNormBackward(new(Train: saved.Train), Planes(saved.Convolved), _norm, saved.Statistics, Planes(gradY), Planes(grad));
        backend.Neuron(_neuron, null, Steps(saved.Features), default, Steps(spikes), default);
        backend.ConvolutionBackward(ConvolutionSettings.Point, Images(spikes), _weight, _bias, Images(grad), Images(path));
        backend.NeuronBackward(_neuron, null, Steps(saved.Features), Steps(path), default, Steps(path));
        for (var n = _blocks.Length - 1; n >= 0; n--)
        {
            _blocks[n].Backward(backend, saved.Blocks[n], path, path);
        }

        backend.Add(gradY, path, gradX);
    }

    private static TensorView<T> Images(TensorView<T> x) => x.Reshape(x.Shape[0] * x.Shape[1], x.Shape[2], x.Shape[3], x.Shape[4]);

    private static TensorView<T> Planes(TensorView<T> x) => x.Reshape(x.Shape[0] * x.Shape[1], x.Shape[2] * x.Shape[3], x.Shape[4]);

    private static TensorView<T> Steps(TensorView<T> x) => x.Reshape(x.Shape[0], x.Length / x.Shape[0]);

    /// <summary>What the backward pass needs.</summary>
    /// <param name="Train">Mode of the forward pass.</param>
    /// <param name="Blocks">The blocks' own.</param>
    /// <param name="Features">The last block's output.</param>
    /// <param name="Convolved">After the 1x1 convolution.</param>
    /// <param name="Statistics">Mean and rstd [2, C].</param>
    public sealed record Saved(bool Train, SpikingAttentionBlock<T>.Saved[] Blocks, TensorView<T> Features, TensorView<T> Convolved, TensorView<T> Statistics);
}
