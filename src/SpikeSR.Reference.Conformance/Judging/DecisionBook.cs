using System.Runtime.InteropServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// A backend's spikes and matches, call by call in the order of the forward pass, as the definitions follow them and write down how clear each was (SPEC JDG-2).
/// </summary>
internal sealed class DecisionBook
{
    private const string OutputSpike = CaseTensorNames.Output + "spike";

    // The operator's plan rests on tensors that are checked when the case is bound: it is asked for in the first call.
    private readonly Lazy<DecisionPlan> _lazyPlan;
    private readonly BackendAnswer? _answer;
    private readonly List<DecisionCall> _calls = [];
    private readonly List<(object Block, int Digest, DecisionCall Call)> _seen = [];
    private int _spikes;
    private int _matches;

    /// <summary>Opens the book of an answer.</summary>
    /// <param name="question">The case.</param>
    /// <param name="answer">What the backend answered; null: the decisions are the run's own.</param>
    public DecisionBook(CaseFile question, BackendAnswer? answer) =>
        (_lazyPlan, _answer) = (new(() => question.Operator.Decisions(question)), answer);

    /// <summary>The calls so far.</summary>
    public IReadOnlyList<DecisionCall> Calls => _calls;

    private DecisionPlan Plan => _lazyPlan.Value;

    /// <summary>The record of a neuron's call; of one that is only computed again for the backward pass, the record that there is.</summary>
    /// <param name="x">The call's input.</param>
    public DecisionCall Spikes<T>(TensorView<T> x)
        where T : unmanaged
    {
        if (_spikes == Plan.Spikes)
        {
            return Again(x);
        }

        var index = _spikes++;
        var name = Plan.SpikesAreOutput ? OutputSpike : $"{CaseTensorNames.Spike}{index}";
        var (shape, isImage) = (Plan.SpikeShape, !Plan.SpikesAreOutput);
        var call = new DecisionCall(name, shape, choices: 2, isImage);
        call.Follow(_answer);
        _calls.Add(call);
        _seen.Add((x.Block!, Digest(x), call));
        return call;
    }

    /// <summary>The record of a call of Match.</summary>
    /// <param name="images">N.</param>
    /// <param name="patches">n.</param>
    public DecisionCall Matches(int images, int patches)
    {
        var name = $"{CaseTensorNames.Match}{_matches++}";
        var shape = new Shape(images, patches);
        var call = new DecisionCall(name, shape, choices: patches, isImage: false);
        call.Follow(_answer);
        _calls.Add(call);
        return call;
    }

    private static int Digest<T>(TensorView<T> x)
        where T : unmanaged
    {
        var hash = default(HashCode);
        hash.AddBytes(MemoryMarshal.AsBytes(x.Span));
        return hash.ToHashCode();
    }

    // The latest call on the same numbers in the same place.
    private DecisionCall Again<T>(TensorView<T> x)
        where T : unmanaged
    {
        var digest = Digest(x);
        for (var i = _seen.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_seen[i].Block, x.Block) && _seen[i].Digest == digest)
            {
                return _seen[i].Call;
            }
        }

        throw new InvalidOperationException("a neuron runs that the operator's plan of decisions does not know");
    }
}
