using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

public class CaseEvaluatorTests
{
    [Fact]
    public void A_case_without_gradients_is_forward_only() =>
        Assert.Equal(["out/y"], CaseText.Convolution().Remove("grad_out/y").Answer().Tensors.Keys);

    [Fact]
    public void A_case_with_gradients_answers_one_for_every_input_and_parameter() =>
        Assert.Equal(["out/y", "grad_in/x", "grad_param/weight", "grad_param/bias"], CaseText.Convolution().Answer().Tensors.Keys);

    [Fact]
    public void A_missing_bias_means_none() =>
        Assert.Equal(["out/y", "grad_in/x", "grad_param/weight"], CaseText.Convolution().Remove("param/bias").Answer().Tensors.Keys);

    [Fact]
    public void Answers_in_the_question_are_ignored()
    {
        var asked = CaseText.Convolution();
        var expected = asked.Answer();
        asked.Put("out/y", 5).Put("grad_in/nonsense", 3).Put("out_state/weight", 1);
        Equal(expected, asked.Answer());
    }

    [Fact]
    public void A_missing_gradient_among_others_counts_as_zeros()
    {
        var asked = CaseText.Neurons(0.4, 1.2, 0.9, 0.3).Put("grad_out/v", 2, 2);
        var expected = CaseText.Neurons(0.4, 1.2, 0.9, 0.3).Put("grad_out/v", 2, 2).Put("grad_out/spike", new Shape(2, 2), new double[4]).Answer();
        Assert.Contains("grad_in/x", expected.Tensors.Keys);
        Equal(expected, asked.Answer());
    }

    [Fact]
    public void Gumbel_noise_and_buffers_have_no_gradient()
    {
        var match = CaseText.Match(train: true).Put("in/gumbel.0", 1, 3, 3).Put("grad_out/y", 1, 3, 2, 4, 4).Answer();
        Assert.Equal(["out/y", "grad_in/x", "grad_param/norm.weight", "grad_param/norm.bias"], match.Tensors.Keys);
        var norm = BatchNorm("""{"eps": 1e-5, "momentum": 0.1, "train": true}""").Answer();
        Assert.Equal(["out/y", "out_state/running_mean", "out_state/running_var", "grad_in/x", "grad_param/weight", "grad_param/bias"], norm.Tensors.Keys);
    }

    [Fact]
    public void Evaluation_leaves_no_state() =>
        Assert.DoesNotContain(BatchNorm("""{"eps": 1e-5, "momentum": 0.1}""").Answer().Tensors.Keys, name => name.StartsWith("out_state/", StringComparison.Ordinal));

    [Fact]
    public void Zeros_stand_where_nothing_flows()
    {
        var match = CaseText.Match(train: false).Put("grad_out/y", 1, 3, 2, 4, 4).Answer();
        Assert.Equal([0, 0], match.Tensors["grad_param/norm.weight"].Values.ToArray());
    }

    [Fact]
    public void Question_tensors_may_have_any_type()
    {
        var asked = CaseText.Convolution().Put("in/x", new Shape(1, 2, 3, 4), [.. Enumerable.Range(0, 24).Select(i => (double)(i % 2))]);
        var expected = asked.Answer();
        asked.Tensors["in/x"] = (writer, name) => writer.Add(name, new Shape(1, 2, 3, 4), Enumerable.Range(0, 24).Select(i => i % 2 == 1).ToArray());
        Equal(expected, asked.Answer());
        asked.Tensors["in/x"] = (writer, name) => writer.Add(name, new Shape(1, 2, 3, 4), Enumerable.Range(0, 24).Select(i => (long)(i % 2)).ToArray());
        Equal(expected, asked.Answer());
        asked.Tensors["in/x"] = (writer, name) => writer.Add(name, new Shape(1, 2, 3, 4), Enumerable.Range(0, 24).Select(i => (float)(i % 2)).ToArray());
        Equal(expected, asked.Answer());
    }

    [Fact]
    public void Questions_are_rounded_to_the_precision_first()
    {
        var asked = new CaseText().Ask("relu", "{}").Put("in/x", new Shape(1), [0.1]);
        Assert.Equal(0.1, asked.Answer().Tensors["out/y"].Values.Span[0]);
        Assert.Equal(0.1f, asked.Answer(EvaluationSettings.Oracle with { Precision = Precision.F32 }).Tensors["out/y"].Values.Span[0]);
    }

    [Fact]
    public void A_scalar_keeps_its_shape() => Assert.Equal(new Shape([]), new CaseText().Ask("gelu", "{}").Put("in/x").Answer().Tensors["out/y"].Shape);

    [Theory]
    [InlineData(Precision.F64, ElementType.F64)]
    [InlineData(Precision.F32, ElementType.F32)]
    public void The_answer_file_has_the_metadata_of_the_question_and_the_type_of_the_precision(Precision precision, ElementType type)
    {
        var asked = CaseText.Convolution();
        asked.Metadata["remark"] = "kept";
        var answer = asked.Answer(EvaluationSettings.Oracle with { Precision = precision });
        var path = Path.GetTempFileName();
        answer.Write(path);
        using var written = SafetensorsFile.Open(path);
        Assert.Equal(asked.Metadata.OrderBy(pair => pair.Key), written.Metadata.OrderBy(pair => pair.Key));
        Assert.Equal(answer.Tensors.Keys.Order(), written.Tensors.Keys.Order());
        Assert.All(written.Tensors.Values, tensor => Assert.Equal(type, tensor.ElementType));
        Assert.Equal(answer.Tensors["grad_in/x"].Values.ToArray(), written.Require("grad_in/x").ToDoubles());
        File.Delete(path);
    }

    [Fact]
    public void The_counter_beside_a_running_mean_is_ignored()
    {
        // A sag of one channel and one block, all zeros but for the counter.
        var asked = new CaseText().Ask("sag", """{"T": 1, "channels": 1, "blocks": 1, "patch_size": 4, "qk_dim": 1, "mlp_dim": 1}""").Put("in/x", 1, 1, 1, 4, 4);
        var stateDict = new Network.StateDict<F64>();
        _ = new Network.SpikingAttentionGroup<F64>(stateDict.Root, new Network.SpikeSrConfiguration { Steps = 1, Channels = 1, Groups = 1, Blocks = 1, PatchSizes = [4], QueryDepth = 1, Hidden = 1 }, 0);
        foreach (var entry in stateDict.Entries)
        {
            asked.Put($"param/{entry.Name}", entry.Shape.ToArray());
        }

        var expected = asked.Answer();
        asked.Tensors["param/reduce_chan_level2.2.num_batches_tracked"] = (writer, name) => writer.Add(name, new Shape([]), [7L]);
        Equal(expected, asked.Answer());
    }

    private static CaseText BatchNorm(string attributes) =>
        new CaseText().Ask("batch_norm", attributes).Put("in/x", 2, 1, 2, 2, 2).Put("grad_out/y", 2, 1, 2, 2, 2)
            .Put("param/weight", 2).Put("param/bias", 2).Put("param/running_mean", 2).Put("param/running_var", new Shape(2), [1, 2]);

    private static void Equal(CaseAnswer expected, CaseAnswer found)
    {
        Assert.Equal(expected.Tensors.Keys, found.Tensors.Keys);
        Assert.All(expected.Tensors, tensor => Assert.Equal(tensor.Value.Values.ToArray(), found.Tensors[tensor.Key].Values.ToArray()));
    }
}
