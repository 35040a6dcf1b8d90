using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>The decisions of one call: the definitions', the backend's, and how clear each was.</summary>
/// <param name="name">The tensor that holds them in an answer file.</param>
/// <param name="shape">Its shape there.</param>
/// <param name="choices">Each is a whole number under this.</param>
/// <param name="isImage">Whether the file's [..., C, H, W] is [..., H, W, C] here.</param>
internal sealed class DecisionCall(string name, Shape shape, int choices, bool isImage)
{
    private readonly int[] _own = new int[shape.Length];
    private readonly double[] _margins = new double[shape.Length];
    private readonly double[] _bounds = new double[shape.Length];
    private int[]? _given;
    private float[]? _samples;

    /// <summary>The tensor that holds the decisions in an answer file.</summary>
    public string Name => name;

    /// <summary>Whether the backend's decisions are followed.</summary>
    public bool IsGiven => _given is not null;

    /// <summary>Decisions in the file's order.</summary>
    public Shape Shape => shape;

    /// <summary>Whether rounding may turn any of them.</summary>
    public bool IsOpen => Enumerable.Range(0, shape.Length).Any(IsAmbiguous);

    /// <summary>A decision in the file's order: the definitions', how far it is from another, and the bound of that distance.</summary>
    /// <param name="stored">Which.</param>
    public (int Own, double Margin, double Bound) this[int stored]
    {
        get => Position(stored) is var at ? (_own[at], _margins[at], _bounds[at]) : default;
        set => (_own[Position(stored)], _margins[Position(stored)], _bounds[Position(stored)]) = value;
    }

    /// <summary>A backend's decisions in the file's order; null where it hands over none.</summary>
    /// <param name="answer">What it answered.</param>
    /// <param name="problem">Why what it hands over is none.</param>
    public int[]? Read(BackendAnswer answer, out string? problem)
    {
        problem = null;
        if (!answer.Tensors.TryGetValue(name, out var tensor))
        {
            return null;
        }

        if (tensor.Shape != shape)
        {
            problem = $"shape {tensor.Shape}, expected {shape}";
            return null;
        }

        var values = tensor.Values.Span;
        var decisions = new int[values.Length];
        for (var i = 0; i < decisions.Length; i++)
        {
            if (!(values[i] >= 0 && values[i] < choices && values[i] == Math.Floor(values[i])))
            {
                problem = $"{values[i]:r} at [{string.Join(", ", Indices.Of(shape, i))}], expected a whole number from 0 to {choices - 1}";
                return null;
            }

            decisions[i] = (int)values[i];
        }

        return decisions;
    }

    /// <summary>From now on the decisions are the backend's, where it hands them over.</summary>
    /// <param name="answer">What it answered, or null.</param>
    public void Follow(BackendAnswer? answer)
    {
        var given = answer is null ? null : Read(answer, out _);
        _given = given is not null && isImage ? ChannelOrder.ToLast(TensorView<int>.Of(shape, given)).Span.ToArray() : given;
    }

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
            _samples ??= new float[shape.Length * T.Samples];
            lead.Sample(_samples.AsSpan(at * T.Samples, T.Samples));
        }

        return _given?[at] ?? own;
    }

    /// <summary>Lowers the bounds to those that probes of the same call found.</summary>
    /// <param name="probes">The call in each of the probes.</param>
    /// <param name="unit">What their draws count.</param>
    public void Tighten(IReadOnlyList<DecisionCall> probes, double unit)
    {
        var samples = probes[0]._samples!.Length / shape.Length;
        var all = new float[samples * probes.Count];
        for (var at = 0; at < shape.Length; at++)
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
    public int Taken(int at) => _given?[at] ?? _own[at];

    /// <summary>The decisions as a file holds them.</summary>
    public AnswerTensor Record()
    {
        var values = new double[shape.Length];
        for (var stored = 0; stored < values.Length; stored++)
        {
            values[stored] = Taken(Position(stored));
        }

        return new AnswerTensor(shape, values);
    }

    /// <summary>Whether rounding alone may turn the decision.</summary>
    /// <param name="stored">Which, in the file's order.</param>
    public bool IsAmbiguous(int stored) => this[stored] is var (_, margin, bound) && bound > 0 && Math.Abs(margin) <= bound;

    /// <summary>The verdict on this call's decisions.</summary>
    public OutputVerdict Judge()
    {
        var (decisive, ambiguous, turned, first, worst) = (0, 0, 0, -1, 0.0);
        for (var stored = 0; stored < shape.Length; stored++)
        {
            var at = Position(stored);
            ambiguous += IsAmbiguous(stored) ? 1 : 0;
            if (Taken(at) == _own[at])
            {
                continue;
            }

            turned++;
            if (!IsAmbiguous(stored))
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
            Elements = shape.Length,
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
