using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>What one step did.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="Loss">Mean L1 loss of the step's batches, before the update.</param>
/// <param name="Rate">Learning rate.</param>
/// <param name="GradientNorm">Norm of the gradient over all parameters, before clipping.</param>
public readonly record struct TrainingStep(long Step, double Loss, double Rate, double GradientNorm);

/// <summary>
/// Trains a network: crops, L1, backward pass, clipping, Adam, moving average (SPEC TRAIN). Its whole state is in the network, the moments, the
/// average and two counters, so a run that is saved and loaded goes on byte for byte.
/// </summary>
public sealed class Trainer
{
    private readonly Backend<F32> _backend;

    /// <summary>Begins a run; the network's parameters are taken as they are.</summary>
    /// <param name="network">The network.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="pool">Pictures.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or a picture is smaller than the crop.</exception>
    public Trainer(SpikeSr<F32> network, TrainingSettings settings, Backend<F32> backend, ImagePool pool)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(pool);
        settings.Check(network.Configuration.MinimumSide);
        foreach (var image in pool.Images)
        {
            if (Math.Min(image.LowHeight, image.LowWidth) < settings.Crop)
            {
                throw new ArgumentException($"a picture of {image.LowWidth} x {image.LowHeight} low-resolution pixels is smaller than the crop of {settings.Crop}", nameof(pool));
            }
        }

        (Network, Settings, _backend, Pool) = (network, settings, backend, pool);
        foreach (var parameter in network.StateDict.Trained)
        {
            First.Add(TensorView<F32>.Allocate(parameter.Shape));
            Second.Add(TensorView<F32>.Allocate(parameter.Shape));
        }

        foreach (var entry in network.StateDict.Entries)
        {
            if (settings.AverageDecay > 0)
            {
                Average.Add(TensorView<F32>.Of(entry.Shape, entry.Value.Span));
            }
        }
    }

    /// <summary>The network being trained.</summary>
    public SpikeSr<F32> Network { get; }

    /// <summary>Settings.</summary>
    public TrainingSettings Settings { get; }

    /// <summary>The pictures.</summary>
    public ImagePool Pool { get; }

    /// <summary>Steps done.</summary>
    public long Step { get; internal set; }

    /// <summary>Numbers of noise taken.</summary>
    public ulong NoisePosition { get; internal set; }

    /// <summary>
    /// The power of two that the loss is multiplied by on its way back (SPEC TRAIN-10). Gradients of a network that has learned something fall below the smallest
    /// normal float within its attention, where a product takes a processor a hundred times as long; half of a step's time went there.
    /// </summary>
    internal double LossScale { get; init; } = Math.ScaleB(1, 60);

    /// <summary>Adam's first moments, one tensor a trained parameter.</summary>
    internal List<TensorView<F32>> First { get; } = [];

    /// <summary>Adam's second moments, one tensor a trained parameter.</summary>
    internal List<TensorView<F32>> Second { get; } = [];

    /// <summary>The moving average, one tensor an entry of the state dict; empty where none is kept.</summary>
    internal List<TensorView<F32>> Average { get; } = [];

    /// <summary>Does one step.</summary>
    /// <exception cref="TrainingDivergedException">The loss or the gradient is not a number; no parameter has been changed by this step.</exception>
    public TrainingStep Advance()
    {
        Network.StateDict.ClearGradients();
        var loss = 0.0;
        for (var part = 0; part < Settings.Accumulation; part++)
        {
            loss += AddGradients((Step * Settings.Accumulation) + part) / Settings.Accumulation;
        }

        var norm = GradientNorm();
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new TrainingDivergedException(Step + 1, loss, norm);
        }

        Step++;
        Update(norm);
        return new TrainingStep(Step, loss, Settings.RateAt(Step), norm);
    }

    /// <summary>Exchanges the network's entries with the moving average's, so that either can be saved or scored; does nothing where none is kept.</summary>
    public void SwapAverage()
    {
        for (var i = 0; i < Average.Count; i++)
        {
            var entry = Network.StateDict.Entries[i];
            var live = entry.Value.Span;
            var average = Average[i].Span;
            for (var k = 0; k < live.Length; k++)
            {
                (live[k], average[k]) = (average[k], live[k]);
            }

            entry.MarkChanged();
        }
    }

    // Adds one batch's gradients, each divided by the number of batches and times the loss scale; returns the batch's loss.
    private double AddGradients(long batch)
    {
        var (size, scale) = (Settings.Crop, Network.Configuration.Scale);
        using var keep = _backend.Workspace.OpenScope();
        var low = keep.Rent<F32>(Settings.Batch, size, size, 3);
        var high = keep.Rent<F32>(Settings.Batch, size * scale, size * scale, 3);
        var y = keep.Rent<F32>(high.Shape);
        Pool.FillBatch(Settings.Seed, batch, low, high);
        var noise = new GumbelNoise(Settings.Seed, NoisePosition);
        var saved = Network.Forward(new ForwardPass<F32>(_backend, train: true, keep, noise), low, y);
        NoisePosition = noise.Position;
        var loss = _backend.L1(y, high);
        _backend.L1Backward(y, high, F32.FromDouble(LossScale / Settings.Accumulation), y);
        Network.Backward(_backend, saved, y, default);
        return loss.Value;
    }

    // The norm over all parameters: a fixed-order sum a parameter, parameters in order, in double.
    private double GradientNorm()
    {
        var sum = 0.0;
        foreach (var parameter in Network.StateDict.Trained)
        {
            ReadOnlySpan<F32> gradient = parameter.Gradient.Span;
            sum += FixedOrder.Sum<F64, Squares>(gradient.Length, new Squares(gradient)).Value;
        }

        return Math.Sqrt(sum) / LossScale;
    }

    private void Update(double norm)
    {
        var clip = Settings.ClipNorm > 0 && norm > Settings.ClipNorm ? Settings.ClipNorm / norm : 1;
        var adam = Settings.Adam with { LearningRate = Settings.RateAt(Step) };
        var index = 0;
        foreach (var parameter in Network.StateDict.Trained)
        {
            _backend.Scale(parameter.Gradient, clip / LossScale, parameter.Gradient);
            _backend.Adam(adam, Step, parameter.Value, parameter.Gradient, First[index], Second[index]);
            parameter.MarkChanged();
            index++;
        }

        var decay = Settings.AverageDecayAt(Step);
        var (keep, take) = ((float)decay, (float)(1 - decay));
        for (var i = 0; i < Average.Count; i++)
        {
            var live = Network.StateDict.Entries[i].Value.Span;
            var average = Average[i].Span;
            for (var k = 0; k < live.Length; k++)
            {
                average[k] = new F32(MathF.FusedMultiplyAdd(take, live[k].Value, keep * average[k].Value));
            }
        }
    }

    // Squares of floats, exact in double.
    private readonly ref struct Squares(ReadOnlySpan<F32> values) : FixedOrder.ITerms<F64>
    {
        private readonly ReadOnlySpan<F32> _values = values;

        public F64 this[int index] => new((double)_values[index].Value * _values[index].Value);
    }
}
