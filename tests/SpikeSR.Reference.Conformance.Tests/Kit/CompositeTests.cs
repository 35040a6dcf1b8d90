using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Conformance.Backends;
using SpikeSR.Reference.Conformance.Running;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Kit;

/// <summary>What a backend fuses is judged as it stands: a fault in a composite alone is found.</summary>
public sealed class CompositeTests
{
    [Theory]
    [InlineData(nameof(Backend<F32>.ConvolutionNorm))]
    [InlineData(nameof(Backend<F32>.GatedGelu))]
    [InlineData(nameof(Backend<F32>.TokenLayer))]
    public void A_fault_in_a_composite_fails_the_block_and_no_operator(string composite)
    {
        var run = new ConformanceRun(Suite.Manifest, EngineBackend.Of(() => new Faulty(composite), "faulty"), Capabilities.All, Suite.Single);
        Assert.Equal(CaseOutcome.Failed, run.Ask(Suite.Case("sab-eval"), withGradients: false).Outcome);
        Assert.Equal(CaseOutcome.Passed, run.Ask(Suite.Case("conv2d-k3"), withGradients: false).Outcome);
    }

    [Theory]
    [InlineData(nameof(Backend<F32>.TokenLayerBackward))]
    public void A_fault_in_a_composite_of_the_backward_pass_fails_the_gradients_alone(string composite)
    {
        var run = new ConformanceRun(Suite.Manifest, EngineBackend.Of(() => new Faulty(composite), "faulty"), Capabilities.All, Suite.Single);
        Assert.Equal(CaseOutcome.Failed, run.Ask(Suite.Case("dsa-train"), withGradients: true).Outcome);
        Assert.Equal(CaseOutcome.Passed, run.Ask(Suite.Case("dsa-train"), withGradients: false).Outcome);
    }

    [Fact]
    public void The_composites_of_the_SIMD_engine_pass()
    {
        foreach (var id in new[] { "sab-eval", "dsa-one-channel" })
        {
            var result = new ConformanceRun(Suite.Manifest, Suite.Right, Capabilities.All, Suite.Single).Ask(Suite.Case(id), withGradients: false);
            Assert.True(result.Outcome == CaseOutcome.Passed, $"{id}: {result.Message}");
        }
    }

    [Theory]
    [InlineData("dsa-batch")]
    [InlineData("dsa-published")]
    [InlineData("sab-batch")]
    public void Matches_of_few_patches_at_a_time_are_handed_over_whole(string id)
    {
        var result = new ConformanceRun(Suite.Manifest, EngineBackend.Of(() => new Few(), "few"), Capabilities.All, Suite.Single).Ask(Suite.Case(id), withGradients: false);
        Assert.True(result.Outcome == CaseOutcome.Passed, $"{id}: {result.Message}");
    }

    private sealed class Few() : DefinitionBackend<F32>(new Workspace(), Parallelism.Single)
    {
        public override int PatchesAtOnce => 1;
    }

    private sealed class Faulty(string composite) : DefinitionBackend<F32>(new Workspace(), Parallelism.Single)
    {
        public override void ConvolutionNorm(
            ConvolutionSettings settings, TensorView<F32> x, Parameter<F32> weight, Parameter<F32>? bias, NormParameters<F32>? norm, TensorView<F32> addend, TensorView<F32> y)
        {
            base.ConvolutionNorm(settings, x, weight, bias, norm, addend, y);
            Spoil(nameof(ConvolutionNorm), y);
        }

        public override void GatedGelu(TensorView<F32> u, TensorView<F32> a, TensorView<F32> d, TensorView<F32> x, TensorView<F32> y)
        {
            base.GatedGelu(u, a, d, x, y);
            Spoil(nameof(GatedGelu), y);
        }

        public override void TokenLayer(TokenLayer<F32> layer, TensorView<F32> x, TensorView<F32> context, TokenLayer<F32>.Saved saved, TensorView<F32> y)
        {
            base.TokenLayer(layer, x, context, saved, y);
            Spoil(nameof(TokenLayer), y);
        }

        public override void TokenLayerBackward(
            TokenLayer<F32> layer,
            TensorView<F32> x,
            TensorView<F32> context,
            TokenLayer<F32>.Saved saved,
            TensorView<F32> gradY,
            TensorView<F32> gradX,
            TensorView<F32> gradContext)
        {
            base.TokenLayerBackward(layer, x, context, saved, gradY, gradX, gradContext);
            Spoil(nameof(TokenLayerBackward), gradX);
        }

        private void Spoil(string name, TensorView<F32> y)
        {
            if (name == composite)
            {
                y.Span[0] = F32.FromDouble(F32.ToDouble(y.Span[0]) + 0.1);
            }
        }
    }
}
