using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>
/// One run of a subject in one scalar: it draws the tensors that the subject asks for and keeps them for the check. Runs of one sample
/// draw the same numbers in every scalar; what a number becomes there is the check's choice.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
internal sealed class Trial<T> : IGumbelNoise<T>, IDisposable
    where T : unmanaged, IScalar<T>
{
    private readonly Sample _sample;
    private readonly Func<Drawn, T> _lift;
    private readonly List<Port<T>> _inputs = [];
    private readonly List<Port<T>> _outputs = [];
    private uint _streams;

    /// <summary>Begins a run.</summary>
    /// <param name="sample">What decides.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="lift">What a drawn number becomes.</param>
    public Trial(Sample sample, Backend<T> backend, Func<Drawn, T> lift)
    {
        (_sample, Backend, _lift) = (sample, backend, lift);
        Dice = new Dice(sample);
        Keep = backend.Workspace.OpenScope();
    }

    /// <summary>What computes.</summary>
    public Backend<T> Backend { get; }

    /// <summary>The sample's choices.</summary>
    public Dice Dice { get; }

    /// <summary>Keeps what a backward pass needs.</summary>
    public Workspace.Scope Keep { get; }

    /// <summary>Inputs and parameters, in the order of declaration.</summary>
    public IReadOnlyList<Port<T>> Inputs => _inputs;

    /// <summary>Outputs, in the order of declaration.</summary>
    public IReadOnlyList<Port<T>> Outputs => _outputs;

    /// <summary>Whether the subject's forward pass is smooth once its steps are: no detached reset, no straight-through term.</summary>
    public bool IsSmooth { get; set; } = true;

    /// <summary>Draws an input; its gradient starts as NaN, because it must be overwritten.</summary>
    public Port<T> Input(string name, Range range, params ReadOnlySpan<int> extents)
    {
        var (value, directions) = Draw(name, range, new Shape(extents), isConstant: false);
        var gradient = TensorView<T>.Allocate(value.Shape);
        gradient.Span.Fill(T.FromDouble(double.NaN));
        var port = new Port<T>(name, value, gradient, directions, IsParameter: false);
        _inputs.Add(port);
        return port;
    }

    /// <summary>Draws an input that no gradient goes to.</summary>
    public TensorView<T> Constant(string name, Range range, params ReadOnlySpan<int> extents) =>
        Draw(name, range, new Shape(extents), isConstant: true).Value;

    /// <summary>Draws a parameter of a primitive.</summary>
    public Parameter<T> Parameter(string name, Range range, params ReadOnlySpan<int> extents)
    {
        var (value, directions) = Draw(name, range, new Shape(extents), isConstant: false);
        return Declare(new Parameter<T>(name, value), directions);
    }

    /// <summary>Draws a buffer.</summary>
    public Parameter<T> Buffer(string name, Range range, params ReadOnlySpan<int> extents) =>
        new(name, Constant(name, range, extents), isBuffer: true);

    /// <summary>Makes a module and draws its parameters around where training starts, so that no gradient is zero by symmetry.</summary>
    /// <param name="make">Makes it from a place in a state dict.</param>
    public TModule Module<TModule>(Func<StateDictScope<T>, TModule> make)
    {
        var stateDict = new StateDict<T>();
        var module = make(stateDict.Root);
        DrawParameters(stateDict);
        return module;
    }

    /// <summary>Draws the parameters of a state dict.</summary>
    public void DrawParameters(StateDict<T> stateDict)
    {
        for (var i = 0; i < stateDict.Entries.Count; i++)
        {
            var (entry, start) = (stateDict.Entries[i], stateDict.InitialisationOf(i));
            var spread = start.FanIn > 0 ? 1.5 / Math.Sqrt(start.FanIn) : 0.3;
            var (value, directions) = Draw(entry.Name, new Range(start.Value - spread, start.Value + spread), entry.Value.Shape, entry.IsBuffer);
            value.CopyTo(entry.Value);
            entry.MarkChanged();
            if (!entry.IsBuffer)
            {
                Declare(entry, directions);
            }
        }
    }

    /// <summary>Makes an output, which starts as NaN because it must be overwritten, and draws the gradient of the loss by it.</summary>
    public Port<T> Output(string name, params ReadOnlySpan<int> extents)
    {
        var shape = new Shape(extents);
        var value = TensorView<T>.Allocate(shape);
        value.Span.Fill(T.FromDouble(double.NaN));
        var (gradient, _) = Draw(name, Range.Unit, shape, isConstant: true);
        var port = new Port<T>(name, value, gradient, [], IsParameter: false);
        _outputs.Add(port);
        return port;
    }

    /// <summary>A forward pass of modules that keeps what the backward pass needs; in training the noise is drawn as it is asked for.</summary>
    public ForwardPass<T> Pass(bool train) => new(Backend, train, Keep, this);

    /// <inheritdoc/>
    public void Fill(TensorView<T> noise) => Constant("gumbel", Range.Noise, noise.Shape.ToArray()).CopyTo(noise);

    /// <inheritdoc/>
    public void Dispose() => Keep.Dispose();

    private Parameter<T> Declare(Parameter<T> parameter, double[] directions)
    {
        _inputs.Add(new Port<T>(parameter.Name, parameter.Value, parameter.Gradient, directions, IsParameter: true));
        return parameter;
    }

    private (TensorView<T> Value, double[] Directions) Draw(string name, Range range, Shape shape, bool isConstant)
    {
        var (values, moves) = (new UniformStream(_sample.Seed, ++_streams), new UniformStream(_sample.Seed, ++_streams));
        var tensor = TensorView<T>.Allocate(shape);
        var directions = new double[shape.Length];
        for (var i = 0; i < directions.Length; i++)
        {
            var value = values.Next(range.Low, range.High);
            directions[i] = isConstant ? 0 : moves.Next(-1, 1);
            tensor.Span[i] = _lift(new Drawn(name, range.Whole ? Math.Round(value) : value, directions[i]));
        }

        return (tensor, directions);
    }
}
