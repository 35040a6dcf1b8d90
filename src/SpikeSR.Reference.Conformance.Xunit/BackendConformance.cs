using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Reports;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;
using Xunit;

namespace SpikeSR.Reference.Conformance.Xunit;

/// <summary>
/// The suite as tests of a .NET backend, one for each operator (SPEC KIT-4): derive from this, say how the backend is made and where the suite is.
/// What the backend does not support is told in <see cref="Capabilities"/> and not asked.
/// </summary>
/// <typeparam name="T">Scalar of the backend.</typeparam>
public abstract class BackendConformance<T>
    where T : unmanaged, IScalar<T>
{
    /// <summary>Every operator.</summary>
    public static TheoryData<string> Operators { get; } = [.. CaseOperators.All.Select(known => known.Name)];

    /// <summary>The folder of the suite, golden/v1.</summary>
    protected abstract string Suite { get; }

    /// <summary>What the backend promises about its arithmetic.</summary>
    protected virtual Profile Profile => Profile.Find(typeof(T) == typeof(F64) ? "fp64" : "fp32")!;

    /// <summary>What the backend supports.</summary>
    protected virtual Capabilities Capabilities => Capabilities.All;

    /// <summary>The highest level that is asked.</summary>
    protected virtual int HighestLevel => GoldenCase.BlockLevel;

    /// <summary>Makes the backend, fresh for each case.</summary>
    protected abstract Backend<T> Create();

    /// <summary>Every case of an operator passes, or is debt.</summary>
    /// <param name="op">The operator.</param>
    [Theory]
    [MemberData(nameof(Operators))]
    public void Answers(string op)
    {
        var set = new GoldenSet(Suite);
        var suite = set.Manifest;
        var run = new ConformanceRun(suite, EngineBackend.Of(Create, GetType().Name), Capabilities, new ProfileJudge(Profile, set));
        foreach (var golden in suite.Cases.Where(golden => golden.Op == op && golden.LowestLevelAsked <= HighestLevel))
        {
            Passes(run.Ask(golden, HighestLevel >= GoldenCase.GradientLevel));
            if (golden.Level >= GoldenCase.BlockLevel && golden.AsksGradients)
            {
                // Without gradients blocks go another way, through the composites of inference.
                Passes(run.Ask(golden, withGradients: false));
            }
        }
    }

    private static void Passes(CaseResult result) => Assert.True(result.Outcome is CaseOutcome.Passed or CaseOutcome.Debt, TerminalReport.Case(result));
}
