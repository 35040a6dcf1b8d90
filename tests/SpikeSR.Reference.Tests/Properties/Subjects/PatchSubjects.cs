using SpikeSR.Reference.Attention;

namespace SpikeSR.Reference.Tests.Properties.Subjects;

/// <summary>patch_divide.</summary>
internal sealed class PatchDivideSubject() : Subject("patch divide")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (grid, images, channels) = (PatchReverseSubject.DrawGrid(trial.Dice, published: false), trial.Dice.Extent(1, 2), trial.Dice.Extent(1, 3));
        var x = trial.Input("x", Range.Unit, images, grid.Height, grid.Width, channels);
        var y = trial.Output("y", images, grid.Count, grid.PatchSize * grid.PatchSize, channels);
        return new(() => trial.Backend.PatchDivide(grid, x.Value, y.Value), () => trial.Backend.PatchDivideBackward(grid, y.Gradient, x.Gradient));
    }
}

/// <summary>patch_reverse, by count or by the published rule.</summary>
internal sealed class PatchReverseSubject(bool published) : Subject(published ? "patch reverse, published" : "patch reverse")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var (grid, images, channels) = (DrawGrid(trial.Dice, published), trial.Dice.Extent(1, 2), trial.Dice.Extent(1, 3));
        var y = trial.Input("y", Range.Unit, images, grid.Count, grid.PatchSize * grid.PatchSize, channels);
        var x = trial.Output("x", images, grid.Height, grid.Width, channels);
        return new(() => trial.Backend.PatchReverse(grid, y.Value, x.Value), () => trial.Backend.PatchReverseBackward(grid, x.Gradient, y.Gradient));
    }

    /// <summary>A grid whose sides leave every remainder, 3 mod (P - 2) with three patches over one row among them.</summary>
    public static PatchGrid DrawGrid(Dice dice, bool published)
    {
        var size = dice.Between(3, 5);
        var step = dice.Toss() ? size - 2 : dice.Between(1, size);
        return new PatchGrid(size, step, size + dice.Extent(0, 8), size + dice.Extent(0, 8), published);
    }
}

/// <summary>Match: by argmax in evaluation, through noise and the straight-through estimator in training.</summary>
internal sealed class MatchSubject(bool train, bool published = false) : Subject($"match, {(train ? "training" : "evaluation")}{(published ? ", published" : "")}")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        trial.IsSmooth = !train;
        var dice = trial.Dice;
        var batch = dice.Extent(1, 3);
        var (images, patches, pixels, channels) = (batch * dice.Extent(1, 2), dice.Extent(1, 5), dice.Extent(1, 4), dice.Extent(2, 5));
        var settings = new MatchSettings(train, train ? dice.Pick(1, 0.5, 2) : 1, PublishedBatch: published ? batch : 0);
        var x = trial.Input("x", Range.Unit, images, patches, pixels, channels);
        var (weight, bias) = (trial.Parameter("norm.weight", new Range(0.5, 1.5), channels), trial.Parameter("norm.bias", Range.Unit, channels));
        var gumbel = train ? trial.Constant("gumbel", Range.Noise, images, patches, patches) : default;
        var y = trial.Output("y", images, patches, pixels, channels);
        var chosen = trial.Keep.Rent<int>(images, patches);
        return new(
            () => trial.Backend.Match(settings, x.Value, weight, bias, gumbel, y.Value, chosen),
            () => trial.Backend.MatchBackward(settings, x.Value, weight, bias, gumbel, chosen, y.Gradient, x.Gradient));
    }
}

/// <summary>Attention of queries, keys and values.</summary>
internal sealed class AttentionSubject() : Subject("attention")
{
    public override Calculation Prepare<T>(Trial<T> trial)
    {
        var dice = trial.Dice;
        var (batch, queries, keys, depth, channels) = (dice.Extent(1, 2), dice.Extent(1, 4), dice.Extent(1, 4), dice.Extent(1, 4), dice.Extent(1, 4));
        var (q, k, v) = (trial.Input("q", new Range(-2, 2), batch, queries, depth), trial.Input("k", new Range(-2, 2), batch, keys, depth), trial.Input("v", Range.Unit, batch, keys, channels));
        var y = trial.Output("y", batch, queries, channels);
        return new(
            () => trial.Backend.Attention(q.Value, k.Value, v.Value, y.Value),
            () => trial.Backend.AttentionBackward(q.Value, k.Value, v.Value, y.Gradient, q.Gradient, k.Gradient, v.Gradient));
    }
}
