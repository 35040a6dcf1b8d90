using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;

namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>The DCN of DSA: offsets and mask from convolutions of the input.</summary>
internal sealed class DeformableModuleSubject() : Subject("deformable module")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (images, height, width, inputs, outputs) = (dice.Extent(1, 2), dice.Extent(1, 4), dice.Extent(1, 4), dice.Extent(1, 3), dice.Extent(1, 3));
        var (x, y) = (trial.Input("x", Range.Unit, images, height, width, inputs), trial.Output("y", images, height, width, outputs));
        var module = trial.Module(names => new DeformableConvolutionModule<T>(names, inputs, outputs));
        return new(() => module.Forward(trial.Backend, x.Value, y.Value), () => module.Backward(trial.Backend, x.Value, y.Gradient, x.Gradient));
    }
}

/// <summary>Attention between tokens: self or cross, queries through the DCN or not.</summary>
internal sealed class TokenAttentionSubject(bool cross, bool deformable)
    : Subject($"token attention, {(cross ? "cross" : "self")}{(deformable ? ", deformable" : "")}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (patches, side, channels, depth) = (dice.Extent(1, 2), dice.Extent(1, 3), dice.Extent(1, 4), dice.Extent(1, 3));
        var x = trial.Input("x", Range.Unit, patches, side * side, channels);
        var context = cross ? trial.Input("context", Range.Unit, patches, deformable ? side * side : dice.Extent(1, 5), channels) : null;
        var y = trial.Output("y", patches, side * side, channels);
        var sampled = deformable ? trial.Keep.Rent<T>(x.Value.Shape) : default;
        var module = trial.Module(names => new TokenAttention<T>(names, channels, depth, deformable));
        return new(
            () => module.Forward(trial.Backend, x.Value, context?.Value ?? default, sampled, y.Value),
            () => module.Backward(trial.Backend, x.Value, context?.Value ?? default, sampled, y.Gradient, x.Gradient, context?.Gradient ?? default));
    }
}

/// <summary>A pre-norm layer of DSA: attention and MLP.</summary>
internal sealed class TokenLayerSubject(bool deformable) : Subject(deformable ? "token layer, deformable" : "token layer")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (patches, side, channels, depth, hidden) = (dice.Extent(1, 2), dice.Extent(1, 3), dice.Extent(2, 4), dice.Extent(1, 3), dice.Extent(1, 4));
        var x = trial.Input("x", Range.Unit, patches, side * side, channels);
        var context = deformable ? trial.Input("context", Range.Unit, patches, side * side, channels) : null;
        var (saved, y) = (TokenLayer<T>.Saved.Rent(trial.Keep, x.Value, deformable), trial.Output("y", patches, side * side, channels));
        var module = trial.Module(names => new TokenLayer<T>(names, channels, depth, hidden, deformable));
        return new(
            () => module.Forward(trial.Backend, x.Value, context?.Value ?? default, saved, y.Value),
            () => module.Backward(trial.Backend, x.Value, context?.Value ?? default, saved, y.Gradient, x.Gradient, context?.Gradient ?? default));
    }
}

/// <summary>HDA.</summary>
internal sealed class HybridDimensionSubject() : Subject("HDA")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (steps, batch, height, width, channels) = (dice.Extent(1, 3), dice.Extent(1, 2), dice.Extent(1, 3), dice.Extent(1, 3), dice.Extent(1, 4));
        var (u, y) = (trial.Input("u", new Range(-1, 2), steps, batch, height, width, channels), trial.Output("y", steps, batch, height, width, channels));
        var module = trial.Module(names => new HybridDimensionAttention<T>(names, steps, channels));
        return new(() => module.Forward(trial.Backend, u.Value, y.Value), () => module.Backward(trial.Backend, u.Value, y.Gradient, u.Gradient));
    }
}

/// <summary>DSA.</summary>
internal sealed class SimilaritySubject(bool train, bool published = false) : Subject($"DSA, {(train ? "training" : "evaluation")}{(published ? ", published" : "")}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        trial.IsSmooth = !train;
        var dice = trial.Dice;
        var (size, batch, channels) = (dice.Extent(3, 4), dice.Extent(1, 2), dice.Extent(2, 4));
        var (height, width) = (size + dice.Extent(0, 3), size + dice.Extent(0, 3));
        var images = batch * dice.Extent(1, 2);
        var (x, y) = (trial.Input("x", Range.Unit, images, height, width, channels), trial.Output("y", images, height, width, channels));
        var module = trial.Module(names => new DeformableSimilarityAttention<T>(names, channels, size, dice.Extent(1, 3), dice.Extent(1, 4), published));
        DeformableSimilarityAttention<T>.Saved? saved = null;
        return new(() => saved = module.Forward(trial.Pass(train), batch, x.Value, y.Value), () => module.Backward(trial.Backend, saved!, y.Gradient, x.Gradient));
    }
}

/// <summary>The feature refinement.</summary>
internal sealed class RefinementSubject() : Subject("feature refinement")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (batch, height, width) = (dice.Extent(1, 2), dice.Extent(1, 3), dice.Extent(1, 3));
        var (channels, reduction) = (dice.Pick(8, 16), dice.Pick(2, 4, 8));
        var (r, y) = (trial.Input("r", Range.Unit, batch, height, width, channels), trial.Output("y", batch, height, width, channels));
        var module = trial.Module(names => new FeatureRefinement<T>(names, channels, reduction));
        return new(() => module.Forward(trial.Backend, r.Value, y.Value), () => module.Backward(trial.Backend, r.Value, y.Gradient, r.Gradient));
    }
}

/// <summary>The tail.</summary>
internal sealed class UpsamplerSubject() : Subject("upsampler")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (batch, height, width, channels, scale) = (dice.Extent(1, 2), dice.Extent(1, 3), dice.Extent(1, 3), dice.Extent(1, 4), dice.Between(2, 4));
        var (x, y) = (trial.Input("x", Range.Unit, batch, height, width, channels), trial.Output("y", batch, height * scale, width * scale, 3));
        var module = trial.Module(names => new Upsampler<T>(names, channels, scale));
        return new(() => module.Forward(trial.Backend, x.Value, y.Value), () => module.Backward(trial.Backend, x.Value, y.Gradient, x.Gradient));
    }
}
