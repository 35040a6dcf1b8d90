using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

/// <summary>Match, written out so that its decisions can be got wrong; its backward pass is the definition's.</summary>
internal abstract class Matching<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen)
    {
        var (images, patches, patch, channels) = (x.Shape[0], x.Shape[1], x.Shape[2] * x.Shape[3], x.Shape[3]);
        var queries = TensorView<T>.Allocate(new Shape(images * patches, channels));
        Queries(settings, x.Reshape(images * patches, x.Shape[2], channels), weight, bias, queries);
        for (var i = 0; i < images * patches; i++)
        {
            var (first, image) = (i / patches * patches, i / patches);
            var logits = TensorView<T>.Allocate(new Shape(1, patches));
            for (var j = 0; j < patches; j++)
            {
                var product = T.FromDouble(0);
                for (var c = 0; c < channels; c++)
                {
                    product = T.FusedMultiplyAdd(queries.Span[(i * channels) + c], queries.Span[((first + j) * channels) + c], product);
                }

                var score = product / T.FromDouble(Divisor(channels));
                score = first + j == i ? score - T.FromDouble(SelfPenalty) : score;
                logits.Span[j] = gumbel.IsAbsent ? score : score + Noise(gumbel.Span[(i * patches) + j]);
            }

            chosen.Span[i] = Best(logits.Span);
            if (y.IsAbsent)
            {
                continue;
            }

            var source = settings.PublishedBatch > 0 && !settings.Train ? image / settings.PublishedBatch * settings.PublishedBatch : image;
            var match = y.Span.Slice(i * patch, patch);
            x.Span.Slice(((source * patches) + chosen.Span[i]) * patch, patch).CopyTo(match);
            if (settings.Train && T.CarriesDerivative)
            {
                Scale(logits, 1 / settings.Tau, logits);
                Softmax(logits, logits);
                for (var at = 0; at < patches * patch; at++)
                {
                    var (j, k) = (at / patch, at % patch);
                    match[k] += (logits.Span[j] - T.Detach(logits.Span[j])) * T.Detach(x.Span[((first + j) * patch) + k]);
                }
            }
        }
    }

    protected virtual double SelfPenalty => Reference.Attention.Match.SelfPenalty;

    /// <summary>The queries [n, C] of patches [n, P P, C].</summary>
    protected virtual void Queries(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> queries)
    {
        var means = TensorView<T>.Allocate(queries.Shape);
        AveragePool(x, means);
        LayerNorm(settings.Epsilon, means, weight, bias, queries);
    }

    protected virtual double Divisor(int channels) => Math.Sqrt(channels);

    protected virtual T Noise(T noise) => noise;

    protected virtual int Best(ReadOnlySpan<T> scores)
    {
        var best = 0;
        for (var j = 1; j < scores.Length; j++)
        {
            best = T.IsGreater(scores[j], scores[best]) ? j : best;
        }

        return best;
    }
}

[Confusion("MATCH-1", "a patch may match itself")]
internal sealed class MatchesItself<T>(Workspace workspace, Parallelism threads) : Matching<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override double SelfPenalty => 0;
}

[Confusion("MATCH-1", "a patch never matches itself: its own score is left out (or -infinity), not lowered by 100")]
internal sealed class ExcludesItself<T>(Workspace workspace, Parallelism threads) : Matching<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override double SelfPenalty => double.PositiveInfinity;

    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings, x, weight, bias, gumbel.IsAbsent ? gumbel : WithoutDiagonal(gumbel), chosen, gradY, gradX);

    // Noise of -infinity leaves a patch no probability, either.
    private static TensorView<T> WithoutDiagonal(TensorView<T> gumbel)
    {
        var (noise, patches) = (TensorView<T>.Of(gumbel.Shape, gumbel.Span), gumbel.Shape[1]);
        for (var i = 0; i < noise.Shape[0] * patches; i++)
        {
            noise.Span[(i * patches) + (i % patches)] = T.FromDouble(double.NegativeInfinity);
        }

        return noise;
    }
}

[Confusion("MATCH-2", "of equal scores the highest patch wins")]
internal sealed class TakesLastOfEquals<T>(Workspace workspace, Parallelism threads) : Matching<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Best(ReadOnlySpan<T> scores)
    {
        var best = 0;
        for (var j = 1; j < scores.Length; j++)
        {
            best = T.IsGreater(scores[best], scores[j]) ? best : j;
        }

        return best;
    }
}

[Confusion("MATCH-1", "match scores are not divided by sqrt(C)")]
internal sealed class UnscaledMatch<T>(Workspace workspace, Parallelism threads) : Matching<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override double Divisor(int channels) => 1;
}

[Confusion("MATCH-3", "Gumbel noise is ignored")]
internal sealed class IgnoresNoise<T>(Workspace workspace, Parallelism threads) : Matching<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings, x, weight, bias, gumbel.IsAbsent ? gumbel : TensorView<T>.Allocate(gumbel.Shape), chosen, gradY, gradX);

    protected override T Noise(T noise) => T.FromDouble(0);
}

[Confusion("MATCH-4", "the straight-through gradient of Match is dropped")]
internal sealed class DropsStraightThrough<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings with { Train = false, PublishedBatch = 0 }, x, weight, bias, default, chosen, gradY, gradX);
}

[Confusion("MATCH-3", "the temperature of Match is ignored")]
internal sealed class IgnoresTemperature<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen) =>
        base.Match(settings with { Tau = 1 }, x, weight, bias, gumbel, y, chosen);

    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings with { Tau = 1 }, x, weight, bias, gumbel, chosen, gradY, gradX);
}

/// <summary>Match with another rule for whose patches a batch takes.</summary>
internal abstract class BatchRule<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen) =>
        base.Match(settings with { PublishedBatch = Rule(settings, x.Shape[0]) }, x, weight, bias, gumbel, y, chosen);

    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings with { PublishedBatch = Rule(settings, x.Shape[0]) }, x, weight, bias, gumbel, chosen, gradY, gradX);

    protected abstract int Rule(MatchSettings settings, int images);
}

[Confusion("MATCH-2", "all images of a batch take patches of the first, asked or not")]
internal sealed class MatchesAcrossImages<T>(Workspace workspace, Parallelism threads) : BatchRule<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Rule(MatchSettings settings, int images) => images;
}

[Confusion("MATCH-5", "the published batch rule is not reproduced where it is asked for")]
internal sealed class RefusesPublishedBatch<T>(Workspace workspace, Parallelism threads) : BatchRule<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Rule(MatchSettings settings, int images) => 0;
}

[Confusion("MATCH-2", "a patch takes the least similar one")]
internal sealed class TakesLeastSimilar<T>(Workspace workspace, Parallelism threads) : Matching<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override int Best(ReadOnlySpan<T> scores)
    {
        var best = 0;
        for (var j = 1; j < scores.Length; j++)
        {
            best = T.IsGreater(scores[best], scores[j]) ? j : best;
        }

        return best;
    }
}

[Confusion("MATCH-3", "the temperature of Match divides the scores, not the noise")]
internal sealed class TemperatureSparesNoise<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen) =>
        base.Match(settings, x, weight, bias, Louder(settings, gumbel), y, chosen);

    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings, x, weight, bias, Louder(settings, gumbel), chosen, gradY, gradX);

    private TensorView<T> Louder(MatchSettings settings, TensorView<T> gumbel)
    {
        if (gumbel.IsAbsent)
        {
            return gumbel;
        }

        var louder = TensorView<T>.Allocate(gumbel.Shape);
        Scale(gumbel, settings.Tau, louder);
        return louder;
    }
}

/// <summary>Match with its backward pass written out too, so that queries and their gradients can be got wrong.</summary>
internal abstract class MatchingGradient<T>(Workspace workspace, Parallelism threads) : Matching<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX)
    {
        base.MatchBackward(settings with { Train = false, PublishedBatch = settings.Train ? 0 : settings.PublishedBatch }, x, weight, bias, default, chosen, gradY, gradX);
        if (!settings.Train)
        {
            return;
        }

        var (images, patches, pixels, channels) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var all = x.Reshape(images * patches, pixels, channels);
        var (queries, gradQueries, path) = (TensorView<T>.Allocate(new Shape(images * patches, channels)), TensorView<T>.Allocate(new Shape(images * patches, channels)), TensorView<T>.Allocate(all.Shape));
        Queries(settings, all, weight, bias, queries);
        for (var image = 0; image < images; image++)
        {
            var q = new Parameter<T>("q", queries.Slice(image * patches, patches));
            var (p, gradP) = (TensorView<T>.Allocate(new Shape(patches, patches)), TensorView<T>.Allocate(new Shape(patches, patches)));
            Linear(q.Value, q, null, p);
            Scale(p, 1 / Divisor(channels), p);
            for (var i = 0; i < patches; i++)
            {
                p.Span[(i * patches) + i] -= T.FromDouble(SelfPenalty);
            }

            Add(p, gumbel.At(image), p);
            Scale(p, 1 / settings.Tau, p);
            Softmax(p, p);
            Linear(gradY.At(image).Reshape(patches, pixels * channels), new Parameter<T>("patches", x.At(image).Reshape(patches, pixels * channels)), null, gradP);
            SoftmaxBackward(p, gradP, gradP);
            Scale(gradP, 1 / (settings.Tau * Divisor(channels)), gradP);

            // To q_i as the one that asks, sum_j gs_ij q_j, and as the one that is asked, sum_j gs_ji q_j.
            var gradAsks = gradQueries.Slice(image * patches, patches);
            LinearBackward(q.Value, q, null, gradP, gradAsks);
            AddAsked(gradAsks, q.Gradient);
        }

        QueriesBackward(settings, all, weight, bias, gradQueries, path);
        Add(gradX, path.Reshape(images, patches, pixels, channels), gradX);
    }

    protected virtual void AddAsked(TensorView<T> gradAsks, TensorView<T> gradAsked) => Add(gradAsks, gradAsked, gradAsks);

    /// <summary>Overwrites gradX, the gradient by the patches through their queries; adds to those by weight and bias.</summary>
    protected virtual void QueriesBackward(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradQueries, TensorView<T> gradX)
    {
        var (means, gradMeans) = (TensorView<T>.Allocate(gradQueries.Shape), TensorView<T>.Allocate(gradQueries.Shape));
        AveragePool(x, means);
        LayerNormBackward(settings.Epsilon, means, weight, bias, gradQueries, gradMeans);
        AveragePoolBackward(gradMeans, gradX);
    }
}

[Confusion("MATCH-4", "the matching's gradient goes to the patch that asks, not to the one that is asked: gs_ij without gs_ji")]
internal sealed class OneSidedMatchGradient<T>(Workspace workspace, Parallelism threads) : MatchingGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override void AddAsked(TensorView<T> gradAsks, TensorView<T> gradAsked)
    {
    }
}

[Confusion("MATCH-1", "the matching has no layer norm: means are compared as they are")]
internal sealed class MatchesWithoutNorm<T>(Workspace workspace, Parallelism threads) : MatchingGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override void Queries(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> queries) => AveragePool(x, queries);

    protected override void QueriesBackward(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradQueries, TensorView<T> gradX) =>
        AveragePoolBackward(gradQueries, gradX);
}

[Confusion("MATCH-1", "the matching's layer norm comes before the mean over the pixels")]
internal sealed class NormalisesBeforeMean<T>(Workspace workspace, Parallelism threads) : MatchingGradient<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    protected override void Queries(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> queries)
    {
        var normalised = TensorView<T>.Allocate(x.Shape);
        LayerNorm(settings.Epsilon, Rows(x), weight, bias, Rows(normalised));
        AveragePool(normalised, queries);
    }

    protected override void QueriesBackward(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gradQueries, TensorView<T> gradX)
    {
        AveragePoolBackward(gradQueries, gradX);
        LayerNormBackward(settings.Epsilon, Rows(x), weight, bias, Rows(gradX), Rows(gradX));
    }

    private static TensorView<T> Rows(TensorView<T> x) => x.Reshape(x.Shape[0] * x.Shape[1], x.Shape[2]);
}

[Confusion("MATCH-1", "the matching's layer norm has neither weight nor bias")]
internal sealed class MatchesWithoutAffine<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Match(MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen) =>
        base.Match(settings, x, Filled(weight, 1), Filled(bias, 0), gumbel, y, chosen);

    public override void MatchBackward(
        MatchSettings settings, TensorView<T> x, Parameter<T> weight, Parameter<T> bias, TensorView<T> gumbel, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX) =>
        base.MatchBackward(settings, x, Filled(weight, 1), Filled(bias, 0), gumbel, chosen, gradY, gradX);

    private static Parameter<T> Filled(Parameter<T> parameter, double value)
    {
        var filled = new Parameter<T>(parameter.Name, parameter.Shape);
        filled.Value.Span.Fill(T.FromDouble(value));
        return filled;
    }
}
