using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>The decisions of one call: the definitions', the backend's, and how clear each was.</summary>
/// <param name="name">The tensor that holds them in an answer file.</param>
/// <param name="shape">Its shape there.</param>
/// <param name="isImage">Whether the file's [..., C, H, W] is [..., H, W, C] here.</param>
/// <param name="given">The backend's decisions; null: it handed over none, and the definitions' are followed.</param>
/// <param name="length">Number of decisions.</param>
internal sealed class DecisionCall(string name, Shape shape, bool isImage, int[]? given, int length)
{
    private readonly int[] _own = new int[length];
    private readonly double[] _margins = new double[length];
    private readonly double[] _bounds = new double[length];
    private float[]? _samples;

    /// <summary>The tensor that holds the decisions in an answer file.</summary>
    public string Name => name;

    /// <summary>Whether the backend's decisions are followed.</summary>
    public bool IsGiven => given is not null;

    /// <summary>Decisions in the file's order.</summary>
    public Shape Shape => shape;

    /// <summary>Writes down a decision and says which one is followed.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="at">Which.</param>
    /// <param name="own">What the definitions decide.</param>
    /// <param name="lead">How far they are from deciding what the backend did, or, where it agrees, from deciding otherwise; a decision without error is due to the last bit.</param>
    public int Take<T>(int at, int own, T lead)
        where T : unmanaged, IErrorScalar<T>
    {
        (_own[at], _margins[at], _bounds[at]) = (own, T.ToDouble(lead), lead.Error);
        if (T.Samples > 0)
        {
            _samples ??= new float[length * T.Samples];
            lead.Sample(_samples.AsSpan(at * T.Samples, T.Samples));
        }

        return given?[at] ?? own;
    }

    /// <summary>Lowers the bounds to those that probes of the same call found.</summary>
    /// <param name="probes">The call in each of the probes.</param>
    /// <param name="unit">What their draws count.</param>
    public void Tighten(IReadOnlyList<DecisionCall> probes, double unit)
    {
        var samples = probes[0]._samples!.Length / length;
        var all = new float[samples * probes.Count];
        for (var at = 0; at < length; at++)
        {
            for (var probe = 0; probe < probes.Count; probe++)
            {
                probes[probe]._samples.AsSpan(at * samples, samples).CopyTo(all.AsSpan(probe * samples));
            }

            _bounds[at] = Math.Min(_bounds[at], CauchyScale.Bound(all, unit));
        }
    }

    /// <summary>What the backend decided, or the definitions where it says nothing.</summary>
    /// <param name="at">Which.</param>
    public int Taken(int at) => given?[at] ?? _own[at];

    /// <summary>The decisions as a file holds them.</summary>
    public AnswerTensor Record()
    {
        var values = new double[length];
        for (var stored = 0; stored < length; stored++)
        {
            values[stored] = Taken(Position(stored));
        }

        return new AnswerTensor(shape, values);
    }

    /// <summary>Whether rounding alone may turn the decision.</summary>
    /// <param name="at">Which.</param>
    public bool IsAmbiguous(int at) => _bounds[at] > 0 && Math.Abs(_margins[at]) <= _bounds[at];

    /// <summary>The verdict on this call's decisions.</summary>
    public OutputVerdict Judge()
    {
        var (decisive, ambiguous, turned, first, worst) = (0, 0, 0, -1, 0.0);
        for (var stored = 0; stored < length; stored++)
        {
            var at = Position(stored);
            ambiguous += IsAmbiguous(at) ? 1 : 0;
            if (Taken(at) == _own[at])
            {
                continue;
            }

            turned++;
            if (!IsAmbiguous(at))
            {
                decisive++;
                first = first < 0 ? stored : first;
            }

            worst = Math.Max(worst, _bounds[at] == 0 ? double.PositiveInfinity : Math.Abs(_margins[at]) / _bounds[at]);
        }

        var example = first < 0 ? -1 : Position(first);
        return new OutputVerdict
        {
            Name = name,
            Outcome = decisive > 0 ? Outcome.Fail : Outcome.Pass,
            Elements = length,
            DecisiveMismatches = decisive,
            Ambiguous = ambiguous,
            AmbiguousFlips = turned - decisive,
            FirstIndex = first < 0 ? [] : Indices.Of(shape, first),
            Expected = example < 0 ? 0 : _own[example],
            Actual = example < 0 ? 0 : Taken(example),
            Margin = example < 0 ? 0 : _margins[example],
            Bound = example < 0 ? 0 : _bounds[example],
            WorstRatio = worst,
            Message = decisive == 0 ? string.Empty : $"{decisive} decisions differ that rounding cannot turn",
        };
    }

    // Where the file's element stands here.
    private int Position(int stored)
    {
        if (!isImage)
        {
            return stored;
        }

        var (channels, pixels) = (shape[-3], shape[-2] * shape[-1]);
        var (plane, within) = (stored / (channels * pixels), stored % (channels * pixels));
        return (plane * channels * pixels) + (within % pixels * channels) + (within / pixels);
    }
}
