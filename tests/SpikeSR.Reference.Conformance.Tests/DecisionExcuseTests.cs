using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

public class DecisionExcuseTests
{
    // In double just below the threshold of 0.15, in float on it.
    private const double JustBelow = 0.15 - 1e-9;

    [Fact]
    public void A_spike_within_rounding_excuses_a_float_answer()
    {
        var report = Check(Block(JustBelow), Precision.F32);
        Assert.Contains(report.Tensors, tensor => !tensor.Agrees);
        Assert.Equal("float32 decides otherwise within rounding: 16 x spike, H - V_th = -1e-09", report.Excuse);
        Assert.True(report.Agrees);
    }

    [Fact]
    public void An_answer_that_agrees_needs_no_excuse() => Assert.Null(Check(Block(0.25), Precision.F32).Excuse);

    [Fact]
    public void Nothing_excuses_a_double_answer()
    {
        var asked = Block(JustBelow);
        asked.Put("out/y", new Shape(1, 1, 1, 4, 4), new double[16]);
        var report = Check(asked, Precision.F64);
        Assert.Null(report.Excuse);
        Assert.False(report.Agrees);
    }

    [Fact]
    public void A_wrong_answer_with_equal_decisions_has_no_excuse()
    {
        var asked = Block(0.25);
        asked.Put("out/y", new Shape(1, 1, 1, 4, 4), new double[16]);
        Assert.False(Check(asked, Precision.F32).Agrees);
    }

    [Fact]
    public void An_answer_that_is_not_the_definitions_own_has_no_excuse()
    {
        using var question = Block(JustBelow).Open();
        var answer = CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle with { Precision = Precision.F32 });
        Assert.NotNull(DecisionExcuse.Find(question, answer, 1e-5));
        var other = new CaseAnswer(question.Metadata, Precision.F32);
        other.Add("out/y", TensorView<F32>.Allocate(answer.Tensors["out/y"].Shape));
        Assert.Null(DecisionExcuse.Find(question, other, 1e-5));
    }

    [Fact]
    public void A_margin_beyond_the_limit_is_no_excuse()
    {
        using var question = Block(JustBelow).Open();
        var answer = CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle with { Precision = Precision.F32 });
        Assert.Null(DecisionExcuse.Find(question, answer, 1e-10));
    }

    // A block of one channel and one step whose first neurons all stand at the same input.
    private static CaseText Block(double current)
    {
        var asked = new CaseText().Ask("sab", """{"T": 1, "channels": 1, "patch_size": 4, "qk_dim": 1, "mlp_dim": 1}""");
        asked.Put("in/x", new Shape(1, 1, 1, 4, 4), [.. Enumerable.Repeat(current, 16)]);
        var stateDict = new StateDict<F64>();
        _ = new SpikingAttentionBlock<F64>(stateDict.Root, new SpikeSrConfiguration { Steps = 1, Channels = 1, Groups = 1, Blocks = 1, PatchSizes = [4], QueryDepth = 1, Hidden = 1 }, 4);
        foreach (var entry in stateDict.Entries)
        {
            asked.Put($"param/{entry.Name}", entry.Shape, [.. Enumerable.Repeat(1.0, entry.Shape.Length)]);
        }

        foreach (var (name, tensor) in asked.Answer().Tensors)
        {
            asked.Put(name, tensor.Shape, tensor.Values.ToArray());
        }

        return asked;
    }

    private static CaseReport Check(CaseText asked, Precision precision)
    {
        using var question = asked.Open();
        return CaseComparer.Compare(question, CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle with { Precision = precision }));
    }
}
