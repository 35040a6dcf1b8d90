using SpikeSR.Reference.Conformance.Confusions;
using SpikeSR.Reference.Conformance.Golden;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Conformance.Running;

namespace SpikeSR.Reference.Conformance.Kit;

public sealed class GoldenLintTests
{
    [Fact]
    public void The_suite_is_what_it_has_to_be() =>
        Assert.Empty(GoldenLint.Problems(new GoldenSet(Suite.Folder), SpecificationText.Load(Path.Combine(RepositoryPaths.Root, "SPEC.md"))));

    [Fact]
    public void The_schema_forbids_unknown_fields()
    {
        var schema = GoldenManifest.JsonSchema();
        Assert.Contains("\"additionalProperties\": false", schema, StringComparison.Ordinal);
        Assert.Contains("\"separates\"", schema, StringComparison.Ordinal);
    }

    /// <summary>What the manifest says a case separates, found again by the judge: every seventeenth claim of operators.</summary>
    [Fact]
    public void A_case_separates_what_the_manifest_says()
    {
        var claims = Suite.Manifest.Cases.Where(golden => golden.Level <= GoldenCase.GradientLevel).SelectMany(golden => golden.Separates.Select(name => (golden, name))).Where((_, i) => i % 17 == 0).ToList();
        Assert.True(claims.Count > 20);
        Assert.All(claims, claim =>
        {
            var result = new ConformanceRun(Suite.Manifest, Suite.Wrong(claim.name), Backends.Capabilities.All, Suite.Single).Ask(claim.golden);
            Assert.True(result.Outcome == CaseOutcome.Failed, $"{claim.golden.Id} does not separate {claim.name}");
        });
    }

    /// <summary>A spike on its threshold is due to the last bit, whatever rounding may do to others beside it.</summary>
    [Fact]
    public void A_case_separates_by_a_decision_on_the_threshold_beside_ambiguous_ones() =>
        Assert.Contains("FiresAboveOnly", GoldenBuild.Of(Suite.Case("surrogate-sigmoid-ends"), new HashSet<string>()).Separates);

    /// <summary>A backend whose outputs are a confusion's has that name, whatever its gradients are; one that is only coarse has none.</summary>
    [Fact]
    public void A_name_goes_by_the_outputs_and_not_to_rounding()
    {
        var golden = Suite.Case("gelu-middle");
        using var question = CaseFile.Open(golden.BuildQuestion(), golden.Id);
        var (wrong, right) = (Suite.Wrong("TanhGelu").Answer(golden.Id, golden.BuildQuestion()).Answer!, Suite.Right.Answer(golden.Id, golden.BuildQuestion()).Answer!);
        var halved = wrong.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Key.StartsWith("grad_in/", StringComparison.Ordinal) ? Map(tensor.Value, value => value / 2) : tensor.Value);
        var named = Assert.Single(new ConfusionFinder(Suite.Manifest, Suite.Single.Profile).Find(golden, question, BackendAnswer.Of(halved)));
        Assert.Equal(("TanhGelu", true, true), (named.Name, named.Reproduces, named.OutputsOnly));

        var coarse = right.Tensors.ToDictionary(tensor => tensor.Key, tensor => Map(tensor.Value, value => Math.Round(value, 6)));
        Assert.Equal(Outcome.Fail, Suite.Single.Answer(question, BackendAnswer.Of(coarse)).Outcome);
        Assert.Empty(new ConfusionFinder(Suite.Manifest, Suite.Single.Profile).Find(golden, question, BackendAnswer.Of(coarse)));

        static AnswerTensor Map(AnswerTensor tensor, Func<double, double> map) => tensor with { Values = Array.ConvertAll(tensor.Values.ToArray(), value => map(value)) };
    }

    /// <summary>Zeros are a little of many variants (gradients that one of them drops), and none of them explains a kernel that never ran.</summary>
    [Fact]
    public void An_answer_that_a_variant_shares_by_chance_has_no_name()
    {
        var golden = Suite.Case("attention-cross-deformable");
        using var question = CaseFile.Open(golden.BuildQuestion(), golden.Id);
        var right = Suite.Right.Answer(golden.Id, golden.BuildQuestion()).Answer!;
        var zeros = right.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value with { Values = new double[tensor.Value.Values.Length] });
        Assert.Empty(new ConfusionFinder(Suite.Manifest, Suite.Single.Profile).Find(golden, question, BackendAnswer.Of(zeros)));
    }

    /// <summary>What backends in PyTorch got wrong and the kit found without a name, each on a case that asks for little.</summary>
    [Theory]
    [InlineData("DropsAlphaFactor", "lif-one-step")]
    [InlineData("ReturnsCharge", "lif-soft")]
    [InlineData("ReturnsCharge", "lif-reset-positive")]
    [InlineData("NormalisesEachImage", "batch-norm-train")]
    [InlineData("SmallLayerNormEpsilon", "layer-norm-eps")]
    [InlineData("FrozenRows", "layer-norm-tokens")]
    [InlineData("DropsSoftmaxSum", "softmax-rows")]
    [InlineData("UnscaledAttentionGradients", "attention-self")]
    [InlineData("DecaysExponentially", "lif-hard")]
    [InlineData("UndividedSeamGradient", "patch-reverse-p12")]
    [InlineData("EpsilonBeforeCorrection", "adam-large-eps")]
    [InlineData("CountsStepsFromZero", "adam-step-2")]
    [InlineData("TakesLastStep", "spikesr-x2")]
    [InlineData("LeaksToZero", "lif-reset-positive")]
    [InlineData("LeaksToZero", "lif-reset-negative")]
    [InlineData("LeaksToZero", "plif-reset-negative")]
    [InlineData("DropsHalfPi", "surrogate-atan")]
    [InlineData("DropsHalfPi", "lif-atan")]
    [InlineData("OneSidedMatchGradient", "match-train")]
    [InlineData("MatchesWithoutNorm", "match-eval")]
    [InlineData("MatchesWithoutNorm", "match-train")]
    [InlineData("MatchesWithoutNorm", "spikesr-batch")]
    [InlineData("MatchesWithoutAffine", "match-eval")]
    [InlineData("MatchesWithoutAffine", "match-train")]
    [InlineData("NormalisesBeforeMean", "match-eval")]
    [InlineData("NormalisesBeforeMean", "match-train")]
    [InlineData("AnswersItself", "dsa-train")]
    [InlineData("NormalisesContext", "dsa-train")]
    [InlineData("CountsTapsByColumns", "deform-v2")]
    [InlineData("CountsTapsByColumns", "deform-oblong-kernel")]
    [InlineData("TransposesDeformableKernel", "deform-v2")]
    [InlineData("CountsTokensByColumns", "patch-divide-p16")]
    [InlineData("CountsTokensByColumns", "dsa-p16")]
    [InlineData("MixesImages", "hda-batch")]
    [InlineData("ChainsMixings", "hda-published-size")]
    [InlineData("MultipliesSigmoids", "hda-published-size")]
    [InlineData("DropsGlobalResidual", "spikesr-x2")]
    [InlineData("AveragesImages", "spikesr-batch")]
    public void A_mistake_that_was_made_is_named(string confusion, string golden) =>
        Assert.Contains(Suite.Run(Suite.Wrong(confusion), golden).Cases[0].Confusions, named => named.Name == confusion && named.Reproduces);

    /// <summary>Where a patch would match itself in spite of the 100, in evaluation and in training, and where there is no other.</summary>
    [Theory]
    [InlineData("match-itself")]
    [InlineData("match-train-itself")]
    [InlineData("match-one-patch-train")]
    public void A_patch_that_is_excluded_from_its_own_matches_is_told_from_one_that_is_lowered(string golden) => Assert.Equal(
        ["ExcludesItself"],
        Suite.Run(Suite.Wrong("ExcludesItself"), golden).Cases[0].Confusions.Where(named => named is { Reproduces: true, OutputsOnly: false }).Select(named => named.Name));

    /// <summary>
    /// Among the cases that tell a confusion, one at least gives it its name or that of one which answers the same. Not each does: where inputs end beside the
    /// threshold, rounding turns a spike or two of the confusion's own.
    /// </summary>
    [Fact]
    public void The_kit_names_a_confusion_where_it_finds_it()
    {
        foreach (var confusion in Confusion.All.Where((_, i) => i % 6 == 0))
        {
            var run = new ConformanceRun(Suite.Manifest, Suite.Wrong(confusion.Name), Backends.Capabilities.All, Suite.Single);
            var telling = Suite.Manifest.Cases.Where(golden => golden.Separates.Contains(confusion.Name)).OrderBy(golden => golden.Level);
            Assert.True(telling.Any(golden => run.Ask(golden).Confusions.Any(named => named.Name == confusion.Name && named.Reproduces)), confusion.Name);
        }
    }
}
