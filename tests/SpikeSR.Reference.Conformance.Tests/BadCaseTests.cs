using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>A bad case is refused in one line that names the file, the part, what was found and what was expected.</summary>
public class BadCaseTests
{
    [Theory]
    [InlineData("schema", "spikesr-case/2", "metadata 'schema': found 'spikesr-case/2', expected spikesr-case/1")]
    [InlineData("op", "conv3d", "metadata 'op': found 'conv3d', expected one of surrogate, lif")]
    [InlineData("attrs", "{", "metadata 'attrs': found text that is no JSON object of distinct names: {, expected a JSON object")]
    [InlineData("attrs", "[1]", "metadata 'attrs': found [1], expected a JSON object")]
    [InlineData("attrs", """{"stride": 1, "stride": 1, "padding": 0, "dilation": 1, "groups": 1}""", "metadata 'attrs': found text that is no JSON object of distinct names")]
    [InlineData("attrs", """{"stride": 1, "padding": 0, "dilation": 1}""", "attribute 'groups': found nothing, expected an integer from 1 to 16777216")]
    [InlineData("attrs", """{"stride": 0, "padding": 0, "dilation": 1, "groups": 1}""", "attribute 'stride': found 0, expected an integer from 1 to 16777216")]
    [InlineData("attrs", """{"stride": 1.5, "padding": 0, "dilation": 1, "groups": 1}""", "attribute 'stride': found 1.5, expected an integer")]
    [InlineData("attrs", """{"stride": "1", "padding": 0, "dilation": 1, "groups": 1}""", "attribute 'stride': found \"1\", expected an integer")]
    [InlineData("attrs", """{"stride": 1, "padding": 4000000000, "dilation": 1, "groups": 1}""", "attribute 'padding': found 4000000000, expected an integer")]
    [InlineData("attrs", """{"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "train": 0}""", "attribute 'train': found 0, expected true or false")]
    [InlineData("attrs", """{"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "published": true}""", "attribute 'published': found an unknown attribute, expected those of conv2d: stride, padding")]
    [InlineData("attrs", """{"stride": 1, "padding": 0, "dilation": 1, "groups": 3}""", "attribute 'groups': found 3, expected a divisor of 2 input channels")]
    [InlineData("attrs", """{"stride": 1, "padding": 9000, "dilation": 1, "groups": 1}""", "output 'y': found shape [1, 2, 18003, 18004], expected at most 134217728 elements")]
    public void Bad_metadata_is_refused(string key, string text, string expected)
    {
        var asked = CaseText.Convolution();
        asked.Metadata[key] = text;
        Refused(asked, expected);
    }

    [Theory]
    [InlineData("schema")]
    [InlineData("op")]
    [InlineData("attrs")]
    [InlineData("name")]
    public void Missing_metadata_is_refused(string key) => Refused(CaseText.Convolution().Remove(key), $"metadata '{key}': found nothing, expected");

    [Theory]
    [InlineData("in/x", "tensor 'in/x': found nothing, expected shape [N, C, H, W]")]
    [InlineData("param/weight", "tensor 'param/weight': found nothing, expected shape [O, 2, kh, kw]")]
    public void A_missing_tensor_is_refused(string name, string expected) => Refused(CaseText.Convolution().Remove(name), expected);

    [Theory]
    [InlineData("in/x", new[] { 2, 3, 4 }, "tensor 'in/x': found shape [2, 3, 4], expected shape [N, C, H, W]")]
    [InlineData("in/x", new[] { 0, 2, 3, 4 }, "tensor 'in/x': found shape [0, 2, 3, 4], expected at least one element")]
    [InlineData("in/x", new[] { 1, 3, 3, 4 }, "tensor 'param/weight': found shape [2, 2, 1, 1], expected shape [O, 3, kh, kw]")]
    [InlineData("param/weight", new[] { 2, 2, 5, 1 }, "operator 'conv2d': found a kernel of 5 with dilation 1 does not fit into 3 pixels with padding 0")]
    [InlineData("param/bias", new[] { 3 }, "tensor 'param/bias': found shape [3], expected shape [2]")]
    [InlineData("grad_out/y", new[] { 1, 2, 3, 5 }, "tensor 'grad_out/y': found shape [1, 2, 3, 5], expected shape [1, 2, 3, 4]")]
    public void A_wrong_shape_is_refused(string name, int[] extents, string expected) => Refused(CaseText.Convolution().Put(name, extents), expected);

    [Theory]
    [InlineData("in/z", "tensor 'in/z': found an unknown name, expected one of in/x")]
    [InlineData("param/scale", "tensor 'param/scale': found an unknown name, expected one of param/weight, param/bias")]
    [InlineData("param/num_batches_tracked", "tensor 'param/num_batches_tracked': found an unknown name")]
    [InlineData("grad_out/x", "tensor 'grad_out/x': found an unknown name, expected one of grad_out/y")]
    [InlineData("input/x", "tensor 'input/x': found an unknown kind of tensor, expected a name that starts with one of in/, param/, grad_out/, out/")]
    public void An_unknown_tensor_is_refused(string name, string expected) => Refused(CaseText.Convolution().Put(name, 1), expected);

    [Fact]
    public void Training_asks_for_its_noise() => Refused(CaseText.Match(train: true), "tensor 'in/gumbel.0': found nothing, expected shape [1, 3, 3]");

    [Fact]
    public void Evaluation_knows_no_noise() => Refused(CaseText.Match(train: false).Put("in/gumbel.0", 1, 3, 3), "tensor 'in/gumbel.0': found an unknown name, expected one of in/x");

    [Fact]
    public void An_optimiser_step_has_no_backward_pass()
    {
        var asked = new CaseText().Ask("adam", """{"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "step": 1}""").Put("grad_out/theta", 2);
        Refused(asked.Put("in/theta", 2).Put("in/grad", 2).Put("in/m", 2).Put("in/v", 2), "operator 'adam': found a grad_out/ tensor, expected none");
    }

    [Theory]
    [InlineData("0.9", "1", "attribute 'beta2': found 1, expected a number of at least 0 and below 1")]
    [InlineData("-0.1", "0.9", "attribute 'beta1': found -0.1, expected a number of at least 0 and below 1")]
    public void A_decay_is_a_share(string beta1, string beta2, string expected) =>
        Refused(new CaseText().Ask("adam", $$"""{"lr": 0.1, "beta1": {{beta1}}, "beta2": {{beta2}}, "eps": 1e-8, "step": 1}""").Put("in/theta", 2), expected);

    [Fact]
    public void An_image_smaller_than_a_patch_is_refused()
    {
        var asked = new CaseText().Ask("dsa", """{"dim": 2, "patch_size": 16, "qk_dim": 2, "mlp_dim": 2}""").Put("in/x", 1, 2, 20, 15);
        Refused(asked, "tensor 'in/x': found 20 x 15 pixels, expected at least one patch of 16 x 16");
    }

    [Fact]
    public void An_image_that_its_patches_do_not_cover_is_refused_before_memory_is_taken()
    {
        var asked = new CaseText().Ask("patch_reverse", """{"patch_size": 4, "step": 2, "height": 10000000, "width": 10000000}""").Put("in/y", 1, 4, 1, 4, 4);
        Refused(asked, "tensor 'in/y': found shape [1, 4, 1, 4, 4], expected shape [B, 2147483647, C, 4, 4]");
    }

    [Fact]
    public void Attention_has_one_head()
    {
        var asked = new CaseText().Ask("attention", """{"dim": 2, "heads": 2, "qk_dim": 2, "deformable": false}""").Put("in/x", 1, 4, 2);
        Refused(asked, "attribute 'heads': found 2, expected 1");
    }

    [Fact]
    public void Deformed_tokens_fill_a_square()
    {
        var asked = new CaseText().Ask("attention", """{"dim": 2, "qk_dim": 2, "deformable": true}""").Put("in/x", 1, 5, 2);
        Refused(asked, "tensor 'in/x': found 5 tokens, expected P P of them");
    }

    [Fact]
    public void A_single_value_a_channel_has_no_variance_to_train_on()
    {
        var asked = new CaseText().Ask("batch_norm", """{"eps": 1e-5, "momentum": 0.1, "train": true}""").Put("in/x", 1, 1, 2, 1, 1);
        asked.Put("param/weight", 2).Put("param/bias", 2).Put("param/running_mean", 2).Put("param/running_var", 2);
        Refused(asked, "operator 'batch_norm': found training needs more than one value a channel");
    }

    [Fact]
    public void A_bool_that_is_neither_is_refused()
    {
        var asked = CaseText.Convolution().Remove("in/x");
        asked.Tensors.Add("in/x", (writer, name) => writer.Add(name, new Shape(1, 2, 3, 4), new bool[24]));
        var bytes = asked.ToBytes();
        bytes[^1] = 7;
        Assert.Contains("tensor 'in/x': found byte 7 in BOOL element 23, expected 0 or 1", Refusal(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_operator_says_what_it_takes() => Assert.All(CaseOperators.All, known => Assert.Contains("->", known.Signature, StringComparison.Ordinal));

    private static void Refused(CaseText asked, string expected) => Assert.StartsWith($"{CaseText.FileName}: {expected}", Refusal(asked.ToBytes()), StringComparison.Ordinal);

    private static string Refusal(byte[] bytes)
    {
        var refusal = Assert.Throws<MalformedFileException>(() =>
        {
            using var question = CaseFile.Open(bytes, CaseText.FileName);
            CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle);
        });
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.DoesNotContain("Parameter '", refusal.Message, StringComparison.Ordinal);
        return refusal.Message;
    }
}
