using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

public class CaseComparerTests
{
    [Fact]
    public void A_right_answer_agrees() => Assert.True(Compare(Answered(CaseText.Convolution())).Agrees);

    [Theory]
    [InlineData(0.9e-9, true)]
    [InlineData(1.1e-9, false)]
    public void Double_agrees_within_1e_9_of_the_largest_magnitude(double relative, bool agrees) =>
        Assert.Equal(agrees, Compare(Shifted(Answered(CaseText.Convolution()), "out/y", relative)).Agrees);

    [Theory]
    [InlineData("out/y", 1.5e-5, true)]
    [InlineData("out/y", 2.5e-5, false)]
    [InlineData("grad_in/x", 1.5e-2, true)]
    [InlineData("grad_in/x", 2.5e-2, false)]
    public void Float_agrees_within_2e_5_and_gradients_within_2e_2(string name, double relative, bool agrees) =>
        Assert.Equal(agrees, Compare(Shifted(Answered(CaseText.Convolution()), name, relative), Precision.F32).Agrees);

    [Fact]
    public void The_report_names_the_first_element_beyond_the_limit()
    {
        var verdict = Assert.Single(Compare(Shifted(Answered(CaseText.Convolution()), "out/y", 1e-3)).Tensors, tensor => !tensor.Agrees);
        Assert.Equal("out/y", verdict.Name);
        Assert.StartsWith("[0, 1, 2, 3]: ", verdict.Note, StringComparison.Ordinal);
        Assert.Equal(1e-3, verdict.RelativeError, 1e-9);
    }

    [Theory]
    [InlineData(1e-13, 0.5e-12, true)]
    [InlineData(1e-13, 2e-12, false)]
    [InlineData(1e-11, 0.5e-12, false)]
    public void A_gradient_that_is_analytically_zero_may_be_any_number_as_small(double stored, double found, bool agrees)
    {
        // Beside a largest gradient of 1: the bias's stored gradient is an analytic zero below 1e-12.
        var asked = new CaseText().Ask("linear", "{}").Put("in/x", new Shape(1, 1), [1]).Put("param/weight", new Shape(1, 1), [1]).Put("param/bias", new Shape(1), [0]);
        asked.Put("out/y", new Shape(1, 1), [1]).Put("grad_in/x", new Shape(1, 1), [1]).Put("grad_param/weight", new Shape(1, 1), [1]).Put("grad_param/bias", new Shape(1), [stored]);
        using var question = asked.Open();
        var answer = new CaseAnswer(question.Metadata, Precision.F64);
        foreach (var (name, value) in new[] { ("out/y", 1.0), ("grad_in/x", 1.0), ("grad_param/weight", 1.0) })
        {
            answer.Add(name, TensorView<F64>.Of(name == "grad_param/bias" ? new Shape(1) : new Shape(1, 1), [new F64(value)]));
        }

        answer.Add("grad_param/bias", TensorView<F64>.Of(new Shape(1), [new F64(found)]));
        Assert.Equal(agrees, CaseComparer.Compare(question, answer).Agrees);
    }

    [Fact]
    public void Every_spike_is_equal_in_double() => Assert.False(Compare(Flipped(Answered(CaseText.Neurons(1 - 1e-9, 0, 0, 0)), 0)).Agrees);

    [Theory]
    [InlineData(1 - 1e-6, true)]
    [InlineData(1 - 1e-4, false)]
    public void A_spike_may_differ_in_float_where_its_membrane_is_within_1e_5_of_the_threshold(double current, bool agrees) =>
        Assert.Equal(agrees, Compare(Flipped(Answered(CaseText.Neurons(current, 0, 0, 0)), 0), Precision.F32).Agrees);

    [Fact]
    public void Only_the_neuron_that_differs_is_excused()
    {
        var asked = Flipped(Answered(CaseText.Neurons(1 - 1e-6, 0.5, 0.25, 0.75)), 0);
        Assert.True(Compare(asked, Precision.F32).Agrees);
        Assert.False(Compare(Shifted(asked, "out/v", 1e-3), Precision.F32).Agrees);
    }

    [Theory]
    [InlineData("out/y", "computed, but not stored")]
    public void A_tensor_that_is_not_stored_differs(string name, string note) =>
        Assert.Contains(Compare(Answered(CaseText.Convolution()).Remove(name)).Tensors, tensor => tensor is { Agrees: false } && tensor.Name == name && tensor.Note == note);

    [Fact]
    public void A_stored_tensor_that_is_not_computed_differs() =>
        Assert.Contains(Compare(Answered(CaseText.Convolution()).Put("out/z", 1)).Tensors, tensor => tensor is { Agrees: false, Name: "out/z" });

    [Fact]
    public void Another_shape_differs() =>
        Assert.Contains(Compare(Answered(CaseText.Convolution()).Put("out/y", 24)).Tensors, tensor => tensor is { Agrees: false, Name: "out/y" } && tensor.Note.StartsWith("shape [1, 2, 3, 4]", StringComparison.Ordinal));

    [Fact]
    public void Not_a_number_equals_itself_and_nothing_else()
    {
        var asked = new CaseText().Ask("relu", "{}").Put("in/x", new Shape(2), [double.PositiveInfinity, 1]);
        Assert.True(Compare(Answered(asked)).Agrees);
        Assert.False(Compare(Answered(asked).Put("out/y", new Shape(2), [double.NaN, 1])).Agrees);
        Assert.False(Compare(Answered(asked).Put("out/y", new Shape(2), [1, 1])).Agrees);
        var nan = new CaseText().Ask("gelu", "{}").Put("in/x", new Shape(2), [double.NaN, 1]);
        Assert.True(Compare(Answered(nan)).Agrees);
        Assert.False(Compare(Answered(nan).Put("out/y", new Shape(2), [1, 1])).Agrees);
    }

    [Fact]
    public void A_case_without_answers_cannot_be_compared() =>
        Assert.Contains("found no answer", Assert.Throws<MalformedFileException>(() => Compare(CaseText.Convolution())).Message, StringComparison.Ordinal);

    private static CaseReport Compare(CaseText asked, Precision precision = Precision.F64)
    {
        using var question = asked.Open();
        return CaseComparer.Compare(question, CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle with { Precision = precision }));
    }

    private static CaseText Answered(CaseText asked)
    {
        foreach (var (name, tensor) in asked.Answer().Tensors)
        {
            asked.Put(name, tensor.Shape, tensor.Values.ToArray());
        }

        return asked;
    }

    // The last stored element, off by a part of the tensor's largest magnitude.
    private static CaseText Shifted(CaseText asked, string name, double relative) => Changed(asked, name, values => values[^1] += relative * values.Max(Math.Abs));

    private static CaseText Flipped(CaseText asked, int index) => Changed(asked, "out/spike", values => values[index] = 1 - values[index]);

    private static CaseText Changed(CaseText asked, string name, Action<double[]> change)
    {
        using var answered = asked.Open();
        var stored = answered.Tensors[name];
        var values = stored.ToDoubles();
        change(values);
        return asked.Put(name, stored.ToShape(), values);
    }
}
