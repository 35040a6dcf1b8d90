using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

public class JudgeTests
{
    private static readonly GoldenSet s_golden = new(Path.Combine(RepositoryPaths.Root, "golden", "v1"));
    private static readonly Profile s_fp32 = Profile.Find("fp32")!;

    [Fact]
    public void The_values_that_bounds_stand_around_are_the_definitions_own()
    {
        using var question = Golden("attention-self");
        var expected = CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle);
        Assert.All(Judge.Known(question, s_fp32).Values, value => Assert.Equal(expected.Tensors[value.Key].Values, value.Value.Values, (left, right) => left.Span.SequenceEqual(right.Span)));
    }

    [Theory]
    [InlineData("conv2d-groups2")]
    [InlineData("attention-self-deformable")]
    [InlineData("batch-norm-train")]
    public void Arithmetic_in_float_passes_fp32_and_not_fp64(string id)
    {
        using var question = Golden(id);
        var answer = EngineBackend.Evaluate(question, Definitions<F32>());
        Assert.Equal(Outcome.Pass, Judge.Answer(question, answer, s_fp32).Outcome);
        Assert.Equal(Outcome.Fail, Judge.Answer(question, answer, Profile.Find("fp64")!).Outcome);
    }

    [Theory]
    [InlineData("tf32")]
    [InlineData("bf16")]
    [InlineData("fp16")]
    public void Coarser_arithmetic_passes_its_own_profile_and_not_fp32(string profile)
    {
        using var question = Golden("conv2d-groups2");
        var answer = Profile.Find(profile)!.Scramble(question, 0);
        Assert.Equal(Outcome.Pass, Judge.Answer(question, answer, Profile.Find(profile)!).Outcome);
        Assert.Equal(Outcome.Fail, Judge.Answer(question, answer, s_fp32).Outcome);
    }

    [Fact]
    public void Bounds_of_neurons_do_not_grow_with_their_steps()
    {
        using var question = Golden("lif-many-steps");
        var known = Judge.Known(question, s_fp32);
        Assert.All(known.Bounds["out/v"].Values.ToArray(), bound => Assert.InRange(bound, 0, 2e-5));
        Assert.All(known.Bounds["grad_in/x"].Values.ToArray(), bound => Assert.InRange(bound, 0, 5e-4));
        Assert.False(Assert.Single(known.Calls).IsOpen);
    }

    [Fact]
    public void What_a_profile_cannot_hold_binds_nothing_that_follows_from_it()
    {
        // Positions up to 1e30: infinite in half precision, and an infinity's distance to the pixel before it is no number.
        using var question = Golden("deform-far-outside");
        var (half, single) = (Judge.Known(question, Profile.Find("fp16")!).Bounds["out/y"].Values.ToArray(), Judge.Known(question, s_fp32).Bounds["out/y"].Values.ToArray());
        Assert.Equal([true, true, true, true, true, true, false, false, false], half[..9].Select(double.IsPositiveInfinity));
        Assert.All(single, bound => Assert.InRange(bound, 0, 1e-6));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_rounding_may_open_a_ReLU_its_gradient_may_pass_even_when_it_overwrites_the_one_it_came_from(bool inPlace)
    {
        // 0.1 is not stored exactly, and the difference of two of them may be a little more than 0.
        using var question = Golden("relu-one");
        var backend = new BoundingBackend<Bounded<Binary32>>(new DecisionBook(question, null), Parallelism.Single);
        var (x, gradY) = (TensorView<Bounded<Binary32>>.Allocate(new Shape(1)), TensorView<Bounded<Binary32>>.Allocate(new Shape(1)));
        (x.Span[0], gradY.Span[0]) = (Bounded<Binary32>.FromDouble(0.1) - Bounded<Binary32>.FromDouble(0.1), Bounded<Binary32>.FromDouble(3));
        var gradX = inPlace ? gradY : TensorView<Bounded<Binary32>>.Allocate(new Shape(1));
        backend.ActivationBackward(ActivationKind.Relu, x, gradY, gradX);
        Assert.Equal(0, Bounded<Binary32>.ToDouble(gradX.Span[0]));
        Assert.InRange(gradX.Span[0].Error, 3, 3.0001);
    }

    [Fact]
    public void A_matched_patch_may_have_gone_through_a_matrix_product()
    {
        using var question = Golden("match-train");
        var (tensor, single) = (Judge.Known(question, Profile.Find("tf32")!), Judge.Known(question, s_fp32));
        Assert.All(tensor.Bounds["out/y"].Values.ToArray().Zip(tensor.Values["out/y"].Values.ToArray()), pair => Assert.InRange(pair.First, Math.Abs(pair.Second) / 1024, Math.Abs(pair.Second) / 1000));
        Assert.All(single.Bounds["out/y"].Values.ToArray().Zip(single.Values["out/y"].Values.ToArray()), pair => Assert.InRange(pair.First, 0, Math.Abs(pair.Second) * 1.2e-7));
    }

    [Fact]
    public void Sums_on_a_dyadic_grid_are_due_to_the_last_bit()
    {
        using var question = CaseText.Convolution().Open();
        var tensors = Own(question);
        Assert.Equal(Outcome.Pass, Judge.Answer(question, BackendAnswer.Of(tensors), s_fp32).Outcome);
        tensors["out/y"] = Change(tensors["out/y"], 7, value => Math.BitIncrement((float)value));
        var verdict = Assert.Single(Judge.Answer(question, BackendAnswer.Of(tensors), s_fp32).Outputs, output => output.Outcome == Outcome.Fail);
        Assert.Equal(("out/y", 1, 0.0), (verdict.Name, verdict.Outside, verdict.Bound));
        Assert.Equal([0, 0, 1, 3], verdict.FirstIndex);
        Assert.NotEqual(verdict.Expected, verdict.Actual);
    }

    [Fact]
    public void A_neuron_exactly_on_its_threshold_that_stays_silent_fails()
    {
        using var question = CaseText.Neurons(1, 0, 0, 0).Open();
        var tensors = Own(question);
        tensors["out/spike"] = Change(tensors["out/spike"], 0, _ => 0);
        tensors["out/v"] = Change(Change(tensors["out/v"], 0, _ => 1), 2, _ => 0.5);
        var verdict = Judge.Answer(question, BackendAnswer.Of(tensors), s_fp32);
        Assert.Equal(Outcome.Fail, verdict.Outcome);
        var spikes = Assert.Single(verdict.Outputs, output => output.Outcome == Outcome.Fail);
        Assert.Equal(("out/spike", 1, 0), (spikes.Name, spikes.DecisiveMismatches, spikes.Ambiguous));
    }

    [Fact]
    public void A_spike_within_rounding_of_its_threshold_may_be_either_and_the_rest_must_follow_it()
    {
        // In float the current is 1 exactly: the neuron fires, and its membrane is reset.
        using var question = CaseText.Neurons(1 - 1e-9, 0.25, 0.5, 0.25).Open();
        var answer = EngineBackend.Evaluate(question, Definitions<F32>());
        var verdict = Judge.Answer(question, answer, s_fp32);
        Assert.Equal(Outcome.Pass, verdict.Outcome);
        Assert.Equal((1, 1, 0), Assert.Single(verdict.Outputs, output => output.Name == "out/spike") is var spikes ? (spikes.Ambiguous, spikes.AmbiguousFlips, spikes.DecisiveMismatches) : default);

        var torn = new Dictionary<string, AnswerTensor>(answer.Tensors) { ["out/v"] = Own(question)["out/v"] };
        Assert.Equal(Outcome.Fail, Judge.Answer(question, BackendAnswer.Of(torn), s_fp32).Outcome);
    }

    [Fact]
    public void A_block_may_turn_an_ambiguous_spike_and_still_fails_for_a_fault_beside_it()
    {
        using var question = BlockOnThreshold();
        var answer = EngineBackend.Evaluate(question, Definitions<F32>());
        var verdict = Judge.Answer(question, answer, s_fp32);
        Assert.Equal(string.Empty, verdict.Message);
        Assert.Equal(Outcome.Pass, verdict.Outcome);
        Assert.Equal(1, verdict.Outputs.Sum(output => output.AmbiguousFlips));

        var faulty = new Dictionary<string, AnswerTensor>(answer.Tensors) { ["out/y"] = Change(answer.Tensors["out/y"], 5, value => value + 0.01) };
        var failed = Judge.Answer(question, BackendAnswer.Of(faulty), s_fp32);
        Assert.Equal(Outcome.Fail, failed.Outcome);
        Assert.Equal("out/y", Assert.Single(failed.Outputs, output => output.Outcome == Outcome.Fail).Name);

        var lying = new Dictionary<string, AnswerTensor>(answer.Tensors) { ["spike/1"] = Change(answer.Tensors["spike/1"], 5, value => 1 - value) };
        Assert.Contains(Judge.Answer(question, BackendAnswer.Of(lying), s_fp32).Outputs, output => output.Name == "spike/1" && output.DecisiveMismatches == 1);
    }

    [Fact]
    public void A_block_without_its_decisions_is_not_judged()
    {
        using var question = Golden("dsa-one-channel");
        var verdict = Judge.Answer(question, BackendAnswer.Of(Own(question)), s_fp32);
        Assert.Equal(Outcome.NotJudged, verdict.Outcome);
        Assert.Contains("match/0", verdict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_rests_on_decisions_that_are_not_handed_over_does_not_fail()
    {
        using var question = BlockOnThreshold();
        var turned = EngineBackend.Evaluate(question, Definitions<F32>()).Tensors.Where(tensor => tensor.Key.StartsWith("out/", StringComparison.Ordinal)).ToDictionary();
        var verdict = Judge.Answer(question, BackendAnswer.Of(turned), s_fp32);
        Assert.Equal(Outcome.NotJudged, verdict.Outcome);
        Assert.Contains(verdict.Outputs, output => output.Name == "out/y" && output.Outside > 0 && output.Outcome == Outcome.NotJudged);
    }

    [Fact]
    public void A_missing_output_of_spikes_fails()
    {
        using var question = Golden("lif-hard");
        var tensors = Own(question);
        tensors.Remove("out/spike");
        Assert.Equal("out/spike", Assert.Single(Judge.Answer(question, BackendAnswer.Of(tensors), s_fp32).Outputs, output => output.Outcome == Outcome.Fail).Name);
    }

    [Theory]
    [InlineData("lif-hard")]
    [InlineData("conv2d-k3")]
    [InlineData("match-eval")]
    [InlineData("dsa-one-channel")]
    public void Stored_bounds_judge_as_those_that_are_found_anew(string id)
    {
        using var question = Golden(id);
        var known = s_golden.Bounds.Find(question, s_fp32)!;
        var right = EngineBackend.Evaluate(question, Definitions<F32>());
        Assert.Equal(Outcome.Pass, Judge.Answer(question, right, s_fp32, known).Outcome);
        foreach (var (name, tensor) in right.Tensors)
        {
            var wrong = new Dictionary<string, AnswerTensor>(right.Tensors) { [name] = Change(tensor, tensor.Values.Length - 1, value => 1 - value) };
            var (stored, found) = (Judge.Answer(question, BackendAnswer.Of(wrong), s_fp32, known), Judge.Answer(question, BackendAnswer.Of(wrong), s_fp32));
            Assert.Equal(Outcome.Fail, stored.Outcome);
            Assert.Equal(found.Outputs.Select(output => (output.Name, output.Outcome, output.Outside)).Order(), stored.Outputs.Select(output => (output.Name, output.Outcome, output.Outside)).Order());
        }
    }

    [Fact]
    public void What_is_missing_misshapen_or_no_number_fails()
    {
        using var question = CaseText.Convolution().Open();
        var tensors = Own(question);
        tensors.Remove("grad_in/x");
        tensors["grad_param/bias"] = new AnswerTensor(new Shape(1, 2), tensors["grad_param/bias"].Values);
        tensors["out/y"] = Change(tensors["out/y"], 0, _ => double.NaN);
        var failed = Judge.Answer(question, BackendAnswer.Of(tensors), Profile.Find("bf16")!).Outputs.Where(output => output.Outcome == Outcome.Fail);
        Assert.Equal(["grad_in/x", "grad_param/bias", "out/y"], failed.Select(output => output.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_record_that_is_no_decision_fails()
    {
        using var question = Golden("dsa-one-channel");
        var tensors = new Dictionary<string, AnswerTensor>(EngineBackend.Evaluate(question, Definitions<F64>()).Tensors);
        tensors["match/0"] = Change(tensors["match/0"], 0, _ => 0.5);
        Assert.Contains("0.5 at [0, 0]", Judge.Answer(question, BackendAnswer.Of(tensors), s_fp32).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Operands_of_eleven_bits_that_hide_in_every_single_bound_show_in_the_variance()
    {
        // 2048 terms: the bound of one output has room for what tf32 does to it.
        var numbers = new UniformStream(seed: 1, stream: 0);
        double[] Uniform(int length) => [.. Enumerable.Range(0, length).Select(_ => (double)(float)numbers.Next(-1, 1))];
        using var question = new CaseText().Ask("linear", "{}").Put("in/x", new Shape(16, 2048), Uniform(16 * 2048)).Put("param/weight", new Shape(32, 2048), Uniform(32 * 2048)).Open();
        var honest = Judge.Answer(question, s_fp32.Scramble(question, 0), s_fp32);
        Assert.Equal(Outcome.Pass, honest.Outcome);
        Assert.InRange(honest.Outputs[0].Moments!.Variance, 0, 0.5);

        var coarse = Judge.Answer(question, Profile.Find("tf32")!.Scramble(question, 0), s_fp32).Outputs[0];
        Assert.Equal((Outcome.Fail, 0), (coarse.Outcome, coarse.Outside));
        Assert.InRange(coarse.Moments!.Variance, 1, double.PositiveInfinity);
    }

    private static DefinitionBackend<T> Definitions<T>()
        where T : unmanaged, IScalar<T> => new(new Workspace(), EvaluationSettings.Oracle.Threads);

    private static CaseFile Golden(string id) => CaseFile.Open(s_golden.Manifest.Cases.Single(golden => golden.Id == id).BuildQuestion(), id);

    private static Dictionary<string, AnswerTensor> Own(CaseFile question) => CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle).Tensors.ToDictionary();

    private static AnswerTensor Change(AnswerTensor tensor, int at, Func<double, double> change)
    {
        var values = tensor.Values.ToArray();
        values[at] = change(values[at]);
        return tensor with { Values = values };
    }

    // sab-eval without its gradients, one current of the first neurons just under the threshold, and on it in float.
    private static CaseFile BlockOnThreshold()
    {
        using var golden = Golden("sab-eval");
        var asked = new CaseText().Ask("sab", golden.Metadata["attrs"]);
        foreach (var (name, tensor) in golden.Tensors.Where(tensor => !tensor.Key.StartsWith("grad_out/", StringComparison.Ordinal)))
        {
            var values = tensor.ToDoubles();
            values[0] = name == "in/x" ? 0.15 - 1e-10 : values[0];
            asked.Put(name, tensor.ToShape(), values);
        }

        return asked.Open();
    }
}
