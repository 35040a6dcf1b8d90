using SpikeSR.Reference.Conformance.Confusions;

namespace SpikeSR.Reference.Conformance.Running;

/// <summary>A confusion that explains several wrong answers of a run.</summary>
/// <param name="Confusion">The confusion.</param>
/// <param name="Cases">The cases whose wrong answers it reproduces.</param>
/// <param name="Contradicted">Cases on which it would have failed and the backend did not.</param>
public sealed record Diagnosis(NamedConfusion Confusion, IReadOnlyList<string> Cases, int Contradicted)
{
    /// <summary>Explains as many wrong answers as can be with as few confusions as can be, the best first.</summary>
    /// <param name="results">A run's results.</param>
    internal static IReadOnlyList<Diagnosis> Of(IReadOnlyList<CaseResult> results)
    {
        var open = results.Where(result => result.Confusions.Any(confusion => confusion.Reproduces)).ToList();
        var diagnoses = new List<Diagnosis>();
        while (open.Count > 0)
        {
            var best = open
                .SelectMany(result => result.Confusions.Where(confusion => confusion.Reproduces).Select(confusion => (result.Id, Confusion: confusion)))
                .GroupBy(pair => pair.Confusion.Name)
                .Select(group => new Diagnosis(group.First().Confusion, [.. group.Select(pair => pair.Id)], Contradictions(group.Key, results)))
                .OrderByDescending(diagnosis => diagnosis.Cases.Count - diagnosis.Contradicted)
                .ThenBy(diagnosis => diagnosis.Confusion.Name, StringComparer.Ordinal)
                .First();
            diagnoses.Add(best);
            open.RemoveAll(result => best.Cases.Contains(result.Id));
        }

        return diagnoses;
    }

    private static int Contradictions(string confusion, IReadOnlyList<CaseResult> results) =>
        results.Count(result => result.Outcome == CaseOutcome.Passed && result.Separates.Contains(confusion));
}
