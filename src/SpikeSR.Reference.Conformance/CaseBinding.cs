using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>
/// Hands a case's tensors to its operator, each converted to the scalar and layout of the engine and checked against a pattern of axes:
/// <c>"T B C H W"</c> gives every axis a name, and a name that is known already stands for its extent; <c>...</c> stands for any axes.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="file">The case.</param>
/// <param name="backend">What computes it.</param>
internal sealed class CaseBinding<T>(CaseFile file, Backend<T> backend)
    where T : unmanaged, IScalar<T>
{
    // Far above any case, and a bound on what a small file can make us compute.
    private const int LargestOutput = 1 << 27;

    private readonly Dictionary<string, int> _extents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _bound = new(StringComparer.Ordinal);
    private readonly List<CaseTensor<T>> _inputs = [];
    private readonly List<CaseTensor<T>> _outputs = [];
    private readonly List<Parameter<T>> _parameters = [];

    /// <summary>What computes the case.</summary>
    public Backend<T> Backend => backend;

    /// <summary>The case's attributes.</summary>
    public CaseAttributes Attributes => file.Attributes;

    /// <summary>Whether the operator runs in training mode.</summary>
    public bool Train => Attributes.Boolean("train");

    /// <summary>Whether the case asks for gradients: it has at least one grad_out.</summary>
    public bool WantsGradients => file.Tensors.Keys.Any(name => name.StartsWith(CaseTensorNames.OutputGradient, StringComparison.Ordinal));

    /// <summary>The extent that an axis name stands for.</summary>
    /// <param name="axis">A name that a pattern or <see cref="Define"/> made known.</param>
    public int this[string axis] => _extents[axis];

    /// <summary>Makes an axis name known.</summary>
    public void Define(string axis, int extent) => _extents.Add(axis, extent);

    /// <summary>Makes axis names known from integer attributes of the same names.</summary>
    public void DefineAttributes(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Define(name, Attributes.Integer(name));
        }
    }

    /// <summary>Whether the case has an input of this name.</summary>
    public bool HasInput(string name) => file.Tensors.ContainsKey(CaseTensorNames.Input + name);

    /// <summary>Takes an input as it is stored.</summary>
    public CaseTensor<T> Input(string name, string axes) => Input(name, axes, isImage: false);

    /// <summary>Takes an input [..., C, H, W] as [..., H, W, C].</summary>
    public CaseTensor<T> Image(string name, string axes) => Input(name, axes, isImage: true);

    /// <summary>Takes Gumbel noise, which has no gradient.</summary>
    public TensorView<T> Noise(string name, string axes) => Load(CaseTensorNames.Input + name, axes);

    /// <summary>Takes a parameter.</summary>
    public Parameter<T> Parameter(string name, string axes) => Parameter(name, axes, isBuffer: false);

    /// <summary>Takes a parameter that may be missing.</summary>
    public Parameter<T>? OptionalParameter(string name, string axes) =>
        file.Tensors.ContainsKey(CaseTensorNames.Parameter + name) ? Parameter(name, axes) : null;

    /// <summary>Takes a buffer, which has no gradient but, in training, a state after the call.</summary>
    public Parameter<T> Buffer(string name, string axes) => Parameter(name, axes, isBuffer: true);

    /// <summary>Checks a parameter's shape and makes its axis names known, for a module that is built from them and takes it afterwards.</summary>
    public void Measure(string name, string axes) => Check(CaseTensorNames.Parameter + name, axes);

    /// <summary>Takes every entry that a module has declared.</summary>
    public void Fill(StateDict<T> stateDict)
    {
        foreach (var entry in stateDict.Entries)
        {
            Check(CaseTensorNames.Parameter + entry.Name, string.Join(' ', entry.Shape.ToArray()));
        }

        foreach (var entry in stateDict.Entries)
        {
            Read(CaseTensorNames.Parameter + entry.Name, entry.Value);
            entry.MarkChanged();
            _parameters.Add(entry);
        }
    }

    /// <summary>Makes an output of known shape, with its gradient from the case (zeros where only others have one).</summary>
    /// <exception cref="MalformedFileException">It would hold too many elements, or its gradient has another shape.</exception>
    public CaseTensor<T> Output(string name, params ReadOnlySpan<int> extents) => Output(name, isImage: false, extents);

    /// <summary>Makes an output stored as [..., C, H, W] and computed as [..., H, W, C].</summary>
    /// <inheritdoc cref="Output(string, ReadOnlySpan{int})"/>
    public CaseTensor<T> OutputImage(string name, params ReadOnlySpan<int> extents) => Output(name, isImage: true, extents);

    /// <summary>The exception that refuses a part of the case.</summary>
    public MalformedFileException Refuse(string part, string found, string expected) => new(file.Path, part, found, expected);

    /// <summary>Throws where the case holds a question that nobody took.</summary>
    public void RefuseUnknown()
    {
        foreach (var name in file.Tensors.Keys)
        {
            if (!CaseTensorNames.IsAnswer(name) && !CaseTensorNames.IsDecision(name) && !_bound.Contains(name) && !IsBatchCount(name))
            {
                var prefix = name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)];
                var known = prefix == CaseTensorNames.OutputGradient ? _outputs.Select(output => prefix + output.Name) : _bound.Where(other => other.StartsWith(prefix, StringComparison.Ordinal));
                throw Refuse($"tensor '{name}'", "an unknown name", known.Any() ? "one of " + string.Join(", ", known) : $"no {prefix}");
            }
        }
    }

    /// <summary>Everything that was computed, in the layout and order of case files.</summary>
    public CaseAnswer Answer() => Answer(T.ToDouble);

    /// <summary>The same of something else that the scalars carry.</summary>
    /// <param name="read">Takes it from a scalar.</param>
    public CaseAnswer Answer(Func<T, double> read)
    {
        var answer = new CaseAnswer(file.Metadata, typeof(T) == typeof(F32) ? Precision.F32 : Precision.F64);
        foreach (var output in _outputs)
        {
            answer.Add(CaseTensorNames.Output + output.Name, Stored(output.Value, output.IsImage), read);
        }

        foreach (var buffer in _parameters.Where(parameter => parameter.IsBuffer && Train))
        {
            answer.Add(CaseTensorNames.OutputState + buffer.Name, buffer.Value, read);
        }

        if (WantsGradients)
        {
            foreach (var input in _inputs)
            {
                answer.Add(CaseTensorNames.InputGradient + input.Name, Stored(input.Gradient, input.IsImage), read);
            }

            foreach (var parameter in _parameters.Where(parameter => !parameter.IsBuffer))
            {
                answer.Add(CaseTensorNames.ParameterGradient + parameter.Name, parameter.Gradient, read);
            }
        }

        return answer;
    }

    private static TensorView<T> Stored(TensorView<T> tensor, bool isImage) => isImage ? ChannelOrder.ToFirst(tensor) : tensor;

    // The count of batches beside a running mean: the arithmetic ignores it.
    private bool IsBatchCount(string name) =>
        name.EndsWith(".num_batches_tracked", StringComparison.Ordinal) && _bound.Contains(name[..name.LastIndexOf('.')] + ".running_mean");

    private CaseTensor<T> Input(string name, string axes, bool isImage)
    {
        var stored = Load(CaseTensorNames.Input + name, axes);
        var value = isImage ? ChannelOrder.ToLast(stored) : stored;
        var input = new CaseTensor<T>(name, stored.Shape, isImage, value, WantsGradients ? TensorView<T>.Allocate(value.Shape) : default);
        _inputs.Add(input);
        return input;
    }

    private Parameter<T> Parameter(string name, string axes, bool isBuffer)
    {
        var parameter = new Parameter<T>(name, Load(CaseTensorNames.Parameter + name, axes), isBuffer);
        _parameters.Add(parameter);
        return parameter;
    }

    private CaseTensor<T> Output(string name, bool isImage, ReadOnlySpan<int> extents)
    {
        var length = extents.ToArray().Aggregate(Int128.One, (product, extent) => product * extent);
        if (length > LargestOutput)
        {
            throw Refuse($"output '{name}'", $"shape [{string.Join(", ", extents.ToArray())}]", $"at most {LargestOutput} elements");
        }

        var shape = new Shape(extents);
        var computed = isImage ? ChannelOrder.ToLast(shape) : shape;
        var gradient = WantsGradients ? TensorView<T>.Allocate(computed) : default;
        if (file.Tensors.ContainsKey(CaseTensorNames.OutputGradient + name))
        {
            gradient = Load(CaseTensorNames.OutputGradient + name, string.Join(' ', extents.ToArray()));
            gradient = isImage ? ChannelOrder.ToLast(gradient) : gradient;
        }

        var output = new CaseTensor<T>(name, shape, isImage, TensorView<T>.Allocate(computed), gradient);
        _outputs.Add(output);
        return output;
    }

    private TensorView<T> Load(string name, string axes)
    {
        var tensor = TensorView<T>.Allocate(Check(name, axes));
        Read(name, tensor);
        return tensor;
    }

    // The shape of a stored tensor that fits the pattern.
    private Shape Check(string name, string axes)
    {
        if (!file.Tensors.TryGetValue(name, out var stored))
        {
            throw Refuse($"tensor '{name}'", "nothing", $"shape {Describe(axes)}");
        }

        if (!Matches(stored.Extents, axes))
        {
            throw stored.Refuse($"shape [{string.Join(", ", stored.Extents)}]", $"shape {Describe(axes)}");
        }

        return stored.Length > 0 ? stored.ToShape() : throw stored.Refuse($"shape [{string.Join(", ", stored.Extents)}]", "at least one element");
    }

    private void Read(string name, TensorView<T> tensor)
    {
        _bound.Add(name);
        if (typeof(T) == typeof(F32))
        {
            file.Tensors[name].Read(tensor.Cast<float>().Span);
        }
        else if (typeof(T) == typeof(F64))
        {
            file.Tensors[name].Read(tensor.Cast<double>().Span);
        }
        else
        {
            var values = file.Tensors[name].ToDoubles();
            for (var i = 0; i < values.Length; i++)
            {
                tensor.Span[i] = T.FromDouble(values[i]);
            }
        }
    }

    // Compares axis by axis, and only where all fit makes the new names known.
    private bool Matches(IReadOnlyList<long> extents, string axes)
    {
        var pattern = Split(axes);
        var any = Array.IndexOf(pattern, "...");
        var fixedAxes = any < 0 ? pattern.Length : pattern.Length - 1;
        if (any < 0 ? extents.Count != fixedAxes : extents.Count < fixedAxes)
        {
            return false;
        }

        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var axis = 0; axis < pattern.Length; axis++)
        {
            if (axis == any)
            {
                continue;
            }

            var extent = extents[any >= 0 && axis > any ? extents.Count - pattern.Length + axis : axis];
            var expected = Known(pattern[axis]) ?? (found.TryGetValue(pattern[axis], out var same) ? same : null);
            if (extent > int.MaxValue || (expected ?? extent) != extent)
            {
                return false;
            }

            found[pattern[axis]] = (int)extent;
        }

        foreach (var (axis, extent) in found)
        {
            if (Known(axis) is null)
            {
                Define(axis, extent);
            }
        }

        return true;
    }

    private int? Known(string axis) => int.TryParse(axis, out var literal) ? literal : _extents.TryGetValue(axis, out var extent) ? extent : null;

    private string Describe(string axes) => "[" + string.Join(", ", Split(axes).Select(axis => Known(axis)?.ToString() ?? axis)) + "]";

    private static string[] Split(string axes) => axes.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
