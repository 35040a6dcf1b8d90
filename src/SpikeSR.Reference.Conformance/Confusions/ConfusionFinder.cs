using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

/// <summary>
/// Gives a wrong answer its name: the variants that are wrong on the case answer it, and the one whose answer is the backend's is named (SPEC KIT-5). A name is
/// no verdict: answers are compared at a distance that tells variants apart, not at a bound.
/// </summary>
/// <param name="suite">Says which confusions are wrong on which cases.</param>
/// <param name="profile">How the backend rounds.</param>
public sealed class ConfusionFinder(GoldenManifest suite, Profile profile)
{
    private const double NearInDouble = 1e-9;
    private const double NearInSingle = 2e-5;
    private const int NearInRoundoffs = 16;
    private const double MuchNearer = 8;
    private const double LeastExplained = 0.25;

    private readonly double _near = profile.StorageRoundoff < NearInDouble ? NearInDouble : Math.Max(NearInSingle, NearInRoundoffs * profile.StorageRoundoff);

    /// <summary>The variants nearest to an answer; those that reproduce it, or, where none does, the one that agrees with most of it, if that explains a quarter of what the definitions do not.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="question">Its file.</param>
    /// <param name="answer">A wrong answer.</param>
    public IReadOnlyList<NamedConfusion> Find(GoldenCase golden, CaseFile question, BackendAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(golden);
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answer);
        var right = EngineBackend.Evaluate(question, EvaluationSettings.Oracle.CreateBackend<F64>());
        var variants = Candidates(golden).Select(Confusion.Find).OfType<Confusion>().Select(confusion => (Confusion: confusion, Answer: Answer(confusion, question))).Where(variant => variant.Answer is not null).ToList();
        foreach (var onlyOutputs in (bool[])[false, true])
        {
            // Where the outputs are a variant's, its name is right whatever was made of the gradients. What the definitions reproduce as well is too coarse,
            // not confused, unless a variant comes much nearer.
            var rounding = Compare(right, answer, onlyOutputs);
            var found = variants.Select(variant => (variant.Confusion, Likeness: Compare(variant.Answer!, answer, onlyOutputs)))
                .Where(pair => pair.Likeness.IsComplete && (!rounding.IsComplete || pair.Likeness.Distance < rounding.Distance / MuchNearer)).ToList();
            if (found.Count > 0)
            {
                return [.. found.Select(pair => Name(pair.Confusion, pair.Likeness) with { OutputsOnly = onlyOutputs })];
            }
        }

        // Among so many variants one agrees by chance with a little more of it than the definitions do: that explains nothing.
        var own = Compare(right, answer, onlyOutputs: false);
        var enough = own.Agreeing + (Math.Max(1, own.Elements - own.Agreeing) * LeastExplained);
        return [.. variants.Select(variant => Name(variant.Confusion, Compare(variant.Answer!, answer, onlyOutputs: false))).Where(named => named.Agreeing >= enough).OrderByDescending(named => named.Agreeing).Take(1)];
    }

    private static NamedConfusion Name(Confusion confusion, Likeness likeness) => new(confusion.Name, confusion.Clause, confusion.Mistake, likeness.Agreeing, likeness.Elements);

    // Those that cases of its operator separate, and where it is a block those of what it is made of.
    private HashSet<string> Candidates(GoldenCase golden)
    {
        var (names, seen, open) = (new HashSet<string>(golden.Separates, StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new Queue<string>([golden.Op]));
        while (open.TryDequeue(out var op))
        {
            foreach (var other in suite.Cases.Where(other => other.Op == op && seen.Add(other.Id)))
            {
                names.UnionWith(other.Separates);
                foreach (var required in suite.Cases.Where(required => golden.Level >= GoldenCase.BlockLevel && other.Requires.Contains(required.Id) && required.Op != op))
                {
                    open.Enqueue(required.Op);
                }
            }
        }

        return names;
    }

    private Likeness Compare(BackendAnswer variant, BackendAnswer answer, bool onlyOutputs)
    {
        var (agreeing, elements, distance) = (0L, 0L, 0.0);
        foreach (var (name, right) in variant.Tensors.Where(tensor => !onlyOutputs || !CaseTensorNames.IsGradient(tensor.Key)))
        {
            elements += right.Values.Length;
            if (answer.Tensors.TryGetValue(name, out var found) && found.Shape == right.Shape)
            {
                agreeing += Agreeing(right.Values.Span, found.Values.Span, ref distance);
            }
            else if (CaseTensorNames.IsDecision(name))
            {
                // A backend need not hand over decisions.
                elements -= right.Values.Length;
            }
        }

        return new Likeness(agreeing, elements, distance);
    }

    private static BackendAnswer? Answer(Confusion confusion, CaseFile question)
    {
        try
        {
            return EngineBackend.Evaluate(question, confusion.Create<F64>(new Workspace(), Parallelism.Single));
        }
#pragma warning disable CA1031 // whatever a mistake throws: it does not answer
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private long Agreeing(ReadOnlySpan<double> right, ReadOnlySpan<double> found, ref double distance)
    {
        var largest = 0.0;
        foreach (var value in right)
        {
            largest = double.IsFinite(value) ? Math.Max(largest, Math.Abs(value)) : largest;
        }

        var agreeing = 0L;
        for (var i = 0; i < right.Length; i++)
        {
            if (found[i].Equals(right[i]) || Math.Abs(found[i] - right[i]) <= _near * largest)
            {
                agreeing++;
                distance = found[i].Equals(right[i]) ? distance : Math.Max(distance, Math.Abs(found[i] - right[i]) / largest);
            }
        }

        return agreeing;
    }

    // Distance: the largest difference of those that agree, as a fraction of their tensor's largest element.
    private readonly record struct Likeness(long Agreeing, long Elements, double Distance)
    {
        public bool IsComplete => Agreeing == Elements;
    }
}
