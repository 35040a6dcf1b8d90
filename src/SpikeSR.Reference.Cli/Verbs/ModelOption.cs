using System.CommandLine;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>The option that names a trained network.</summary>
internal static class ModelOption
{
    /// <summary>--model.</summary>
    public static readonly Option<string> Model = new("--model", "-m")
    {
        Description = $"A network (.safetensors or .pth), or a shipped one: {string.Join(", ", ShippedModels.Names)}.",
        HelpName = "FILE|NAME",
        DefaultValueFactory = _ => ShippedModels.Default,
    };

    /// <summary>Reads the network that was asked for.</summary>
    public static SpikeSr<F32> Load(ParseResult parsed) => Load(Model.Name, parsed.GetRequiredValue(Model));

    /// <summary>Reads a network.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="model">A file, or the name of a shipped network.</param>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static SpikeSr<F32> Load(string option, string model)
    {
        if (File.Exists(model))
        {
            return ModelFile.Load<F32>(model);
        }

        if (ShippedModels.Names.Contains(model, StringComparer.Ordinal))
        {
            return ShippedModels.Load<F32>(model);
        }

        throw new ArgumentException(SpikeSrConfiguration.PresetNames.Contains(model, StringComparer.Ordinal)
            ? $"{option} is '{model}', a size without shipped weights; make some with 'spikesr train FOLDER -o MODEL --preset {model}', or use {string.Join(" or ", ShippedModels.Names)}"
            : $"{option} is '{model}', expected a file, or a shipped model: {string.Join(", ", ShippedModels.Names)}");
    }
}
