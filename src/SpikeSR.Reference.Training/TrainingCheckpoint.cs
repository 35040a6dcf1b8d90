using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Training;

/// <summary>
/// A run in a file: weights, moments, average, counters, settings and the pictures' digest as safetensors, written beside and renamed. A run that goes on from it does what it
/// would have done without stopping, byte for byte (SPEC TRAIN-6).
/// </summary>
public static class TrainingCheckpoint
{
    private const string Format = "spikesr-training/2";
    private const string PatchSizes = "patch_sizes";
    private const string Images = "images_sha256";
    private static readonly string[] Parts = ["model.", "first.", "second.", "average."];

    /// <summary>Writes the run.</summary>
    /// <param name="trainer">The run.</param>
    /// <param name="path">Where to.</param>
    public static void Save(Trainer trainer, string path)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", Format);
        writer.AddMetadata("step", trainer.Step.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata("noise_position", trainer.NoisePosition.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata("settings", trainer.Settings.ToJson());
        writer.AddMetadata(PatchSizes, PatchSizesOf(trainer));
        writer.AddMetadata(Images, trainer.Pool.Digest);
        foreach (var (name, tensor) in Tensors(trainer))
        {
            writer.Add(name, tensor.Shape, MemoryMarshal.Cast<F32, float>(tensor.Span));
        }

        writer.Write(path);
    }

    /// <summary>Takes a run up again: the network's entries, moments, average and counters are overwritten.</summary>
    /// <param name="trainer">A run with the same network (its neuron and compatibility switch, which no file holds, included), settings and pictures.</param>
    /// <param name="path">The checkpoint.</param>
    /// <exception cref="MalformedFileException">The file is not a checkpoint of such a run.</exception>
    public static void Resume(Trainer trainer, string path)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var file = SafetensorsFile.Open(path);
        if (Required(file, "format") != Format)
        {
            throw new MalformedFileException(path, "metadata 'format'", Required(file, "format"), Format);
        }

        if (Difference(Stored(path, Required(file, "settings")), trainer.Settings) is var (setting, found, expected))
        {
            throw new MalformedFileException(path, $"metadata 'settings', {setting}", found, $"that of this run, {expected}");
        }

        if (Required(file, PatchSizes) != PatchSizesOf(trainer))
        {
            throw new MalformedFileException(path, $"metadata '{PatchSizes}'", Required(file, PatchSizes), $"those of this run, {PatchSizesOf(trainer)}");
        }

        if (Required(file, Images) != trainer.Pool.Digest)
        {
            throw new MalformedFileException(path, $"metadata '{Images}'", "other images, another order or other weights", "those that the run began with");
        }

        if (!long.TryParse(Required(file, "step"), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            || !ulong.TryParse(Required(file, "noise_position"), NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            throw new MalformedFileException(path, "metadata 'step' and 'noise_position'", "no number", "whole numbers");
        }

        if (step > trainer.Settings.Steps)
        {
            throw new MalformedFileException(path, "metadata 'step'", step.ToString(CultureInfo.InvariantCulture), $"at most the {trainer.Settings.Steps} steps of this run");
        }

        var tensors = Tensors(trainer).ToList();
        foreach (var (name, tensor) in tensors)
        {
            var stored = file.Require(name);
            if (stored.ToShape() != tensor.Shape)
            {
                throw stored.Refuse($"shape {stored.ToShape()}", $"shape {tensor.Shape}");
            }
        }

        foreach (var (name, tensor) in tensors)
        {
            file.Require(name).Read(MemoryMarshal.Cast<F32, float>(tensor.Span));
        }

        foreach (var entry in trainer.Network.StateDict.Entries)
        {
            entry.MarkChanged();
        }

        (trainer.Step, trainer.NoisePosition) = (step, position);
    }

    // The first setting that differs. A run may be made longer or shorter when it is taken up again: the schedule is a function of the step and the total.
    private static (string Name, string Found, string Expected)? Difference(TrainingSettings stored, TrainingSettings own)
    {
        using var found = JsonDocument.Parse((stored with { Steps = own.Steps }).ToJson());
        using var expected = JsonDocument.Parse(own.ToJson());
        foreach (var setting in expected.RootElement.EnumerateObject())
        {
            var other = found.RootElement.GetProperty(setting.Name).GetRawText();
            if (other != setting.Value.GetRawText())
            {
                return (setting.Name, other, setting.Value.GetRawText());
            }
        }

        return null;
    }

    private static TrainingSettings Stored(string path, string settings)
    {
        try
        {
            return TrainingSettings.OfJson(settings);
        }
        catch (JsonException failure)
        {
            throw new MalformedFileException(path, "metadata 'settings'", settings, "the settings of a run", failure);
        }
    }

    private static string PatchSizesOf(Trainer trainer) => string.Join(',', trainer.Network.Configuration.PatchSizes);

    private static IEnumerable<(string Name, TensorView<F32> Tensor)> Tensors(Trainer trainer)
    {
        var entries = trainer.Network.StateDict.Entries;
        var trained = entries.Where(entry => !entry.IsBuffer).ToList();
        var model = entries.Select(entry => (Parts[0] + entry.Name, entry.Value));
        var first = trained.Select((entry, i) => (Parts[1] + entry.Name, trainer.First[i]));
        var second = trained.Select((entry, i) => (Parts[2] + entry.Name, trainer.Second[i]));
        var average = trainer.Average.Select((tensor, i) => (Parts[3] + entries[i].Name, tensor));
        return model.Concat(first).Concat(second).Concat(average);
    }

    private static string Required(StateDictFile file, string key) =>
        file.Metadata.TryGetValue(key, out var value) ? value : throw new MalformedFileException(file.Name, "metadata", $"no '{key}'", "a training checkpoint");
}
