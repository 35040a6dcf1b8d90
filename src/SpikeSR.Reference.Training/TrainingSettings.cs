using System.Text.Json;
using System.Text.Json.Serialization;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>What fixes a training run, the images and the network aside (SPEC TRAIN-1).</summary>
public sealed partial record TrainingSettings
{
    /// <summary>Steps of the optimiser.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Side of the low-resolution crops in pixels; 16 + 14 k wastes least on overlapping patches.</summary>
    public int Crop { get; init; } = 30;

    /// <summary>Crops in a batch.</summary>
    public int Batch { get; init; } = 4;

    /// <summary>Batches whose gradients are averaged into one step.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Learning rate at its highest.</summary>
    public double LearningRate { get; init; } = 1.5e-3;

    /// <summary>Share of the highest rate that the cosine ends at.</summary>
    public double FinalRate { get; init; } = 0.01;

    /// <summary>Steps over which the rate rises linearly from 0.</summary>
    public int WarmUp { get; init; } = 50;

    /// <summary>Largest norm of the gradient over all parameters; 0: no clipping.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Decay a step of the exponential moving average of the weights, reached from below (<see cref="AverageDecayAt"/>); 0: none is kept.</summary>
    public double AverageDecay { get; init; } = 0.999;

    /// <summary>Batches that a new network's tail is fitted to before the first step (SPEC TRAIN-7); 0: it starts as drawn.</summary>
    public int TailFitBatches { get; init; } = 32;

    /// <summary>Seed of initialisation, sampling and noise.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Adam's decays and epsilon; its rate comes from the schedule.</summary>
    public AdamSettings Adam { get; init; } = new();

    /// <summary>Learning rate of a step: a linear rise, then half a cosine down to the final share (SPEC TRAIN-3).</summary>
    /// <param name="step">Step, from 1.</param>
    public double RateAt(long step)
    {
        if (step <= WarmUp)
        {
            return LearningRate * step / WarmUp;
        }

        var progress = Math.Min(1, (step - WarmUp) / (double)Math.Max(1, Steps - WarmUp));
        return LearningRate * (FinalRate + ((1 - FinalRate) * (1 + ExactMath.CosPi(progress)) / 2));
    }

    /// <summary>Decay of the moving average at a step, min(decay, (1 + step) / (10 + step)): at first it follows closely, so that the untrained weights are soon
    /// forgotten (SPEC TRAIN-8).</summary>
    /// <param name="step">Step, from 1.</param>
    public double AverageDecayAt(long step) => Math.Min(AverageDecay, (1.0 + step) / (10.0 + step));

    /// <summary>Throws unless every setting is in range.</summary>
    /// <param name="patchSize">The network's largest patch size, which a crop must hold.</param>
    /// <exception cref="ArgumentException">A setting is not; the message says which.</exception>
    public void Check(int patchSize)
    {
        That(Steps >= 1, nameof(Steps), Steps, "at least 1");
        That(Crop >= patchSize, nameof(Crop), Crop, $"at least the patch size {patchSize}");
        That(Batch is >= 1 and <= 4096, nameof(Batch), Batch, "1 to 4096");
        That(Accumulation is >= 1 and <= 4096, nameof(Accumulation), Accumulation, "1 to 4096");
        That(TailFitBatches is >= 0 and <= 4096, nameof(TailFitBatches), TailFitBatches, "0 to 4096");
        That(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "above 0");
        That(FinalRate is >= 0 and <= 1, nameof(FinalRate), FinalRate, "0 to 1");
        That(WarmUp >= 0, nameof(WarmUp), WarmUp, "at least 0");
        That(ClipNorm >= 0, nameof(ClipNorm), ClipNorm, "at least 0");
        That(AverageDecay is >= 0 and < 1, nameof(AverageDecay), AverageDecay, "at least 0 and below 1");
        That(Adam.Beta1 is >= 0 and < 1, nameof(Adam.Beta1), Adam.Beta1, "at least 0 and below 1");
        That(Adam.Beta2 is >= 0 and < 1, nameof(Adam.Beta2), Adam.Beta2, "at least 0 and below 1");
        That(Adam.Epsilon >= 0, nameof(Adam.Epsilon), Adam.Epsilon, "at least 0");
    }

    /// <summary>The settings as JSON, as checkpoints and models keep them.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json.Default.TrainingSettings);

    /// <summary>The settings that <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonException">It is no such text.</exception>
    internal static TrainingSettings OfJson(string json) => JsonSerializer.Deserialize(json, Json.Default.TrainingSettings) ?? throw new JsonException("null");

    private static void That(bool holds, string name, object value, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} is {value}, expected {expected}", name);
        }
    }

    [JsonSerializable(typeof(TrainingSettings))]
    private sealed partial class Json : JsonSerializerContext;
}
