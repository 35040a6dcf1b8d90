using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>How an entry of the state dict starts (SPEC INIT).</summary>
/// <param name="Value">The constant it starts at, where <see cref="FanIn"/> is 0.</param>
/// <param name="FanIn">Otherwise: uniform in +-1 / sqrt(fan-in), PyTorch's default for convolutions and linear maps.</param>
public sealed record Initialisation(double Value, int FanIn = 0)
{
    /// <summary>Zeros.</summary>
    public static readonly Initialisation Zero = new(0);

    /// <summary>Ones.</summary>
    public static readonly Initialisation One = new(1);

    /// <summary>Uniform in +-1 / sqrt(fan-in).</summary>
    /// <param name="fanIn">Inputs that feed one output.</param>
    public static Initialisation Uniform(int fanIn) => new(0, fanIn);
}

/// <summary>The parameters and buffers of a module by their published names, in the order of declaration.</summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed class StateDict<T>
    where T : unmanaged, IScalar<T>
{
    private readonly List<Parameter<T>> _entries = [];
    private readonly List<Initialisation> _initialisations = [];
    private readonly Dictionary<string, Parameter<T>> _byName = new(StringComparer.Ordinal);

    /// <summary>All entries in the order of declaration.</summary>
    public IReadOnlyList<Parameter<T>> Entries => _entries;

    /// <summary>The trained entries in the order of declaration.</summary>
    public IEnumerable<Parameter<T>> Trained => _entries.Where(entry => !entry.IsBuffer);

    /// <summary>Number of trained numbers.</summary>
    public long TrainedCount => Trained.Sum(entry => (long)entry.Shape.Length);

    /// <summary>The place at the root of the names.</summary>
    public StateDictScope<T> Root => new(this, string.Empty);

    /// <summary>Finds an entry.</summary>
    /// <param name="name">Published name.</param>
    /// <returns>The entry, or null.</returns>
    public Parameter<T>? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>How an entry starts.</summary>
    /// <param name="index">Position in <see cref="Entries"/>.</param>
    public Initialisation InitialisationOf(int index) => _initialisations[index];

    /// <summary>Sets every gradient to zero.</summary>
    public void ClearGradients()
    {
        foreach (var entry in Trained)
        {
            entry.Gradient.Clear();
        }
    }

    /// <summary>
    /// Fills every entry as PyTorch would begin training, from a seed: entry i draws from the Philox stream i of that seed, elements in row-major order,
    /// value = -bound + (2 bound) u (SPEC INIT-2).
    /// </summary>
    /// <param name="seed">Seed.</param>
    public void Initialise(ulong seed)
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            var elements = _entries[i].Value.Span;
            var start = _initialisations[i];
            var bound = start.FanIn == 0 ? 0 : 1 / Math.Sqrt(start.FanIn);
            var stream = new UniformStream(seed, (uint)i);
            for (var k = 0; k < elements.Length; k++)
            {
                elements[k] = T.FromDouble(start.FanIn == 0 ? start.Value : stream.Next(-bound, bound));
            }

            _entries[i].MarkChanged();
        }
    }

    internal Parameter<T> Declare(string name, Shape shape, Initialisation initialisation, bool isBuffer)
    {
        var entry = new Parameter<T>(name, shape, isBuffer);
        _byName.Add(name, entry);
        _entries.Add(entry);
        _initialisations.Add(initialisation);
        return entry;
    }
}
