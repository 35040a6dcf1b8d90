using SpikeSR.Reference.Attention;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;
using SpikeSR.Reference.Tests.Properties.Subjects;

namespace SpikeSR.Reference.Tests.Properties.Laws;

/// <summary>What patches, matching and attention compute, said in another way than their definitions say it.</summary>
internal static class AttentionLaws
{
    public static IEnumerable<Law> All { get; } =
    [
        new("patches: reverse undoes divide", 60, ReverseUndoesDivide),
        new("patches: where they start", 1, Starts),
        new("patches: the published divisor", 20, PublishedDivisor),
        new("match: the greatest of A + noise", 40, GreatestScore),
        new("match: never itself, the lowest of equals", 20, Ties),
        new("match, published: patches of the first image", 10, PublishedMatch),
        new("attention: its equation", 30, Equation),
        new("attention: one key answers alone", 10, OneKey),
        new("attention: the order of keys is nothing", 20, KeyOrder),
        new("match: patches renamed, matches renamed", 20, Renaming),
        new("deformable module: fresh, it is a convolution", 20, FreshModule),
        new("HDA: its equation", 20, HybridEquation),
        new("DSA: silent layers leave x + conv(x)", 10, SilentLayers),
    ];

    private static string? ReverseUndoesDivide(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var size = trial.Dice.Between(3, 7);

        // Sides 3 mod (P - 2) are where a row lies in three patches.
        var side = trial.Dice.Toss() ? size + trial.Dice.Extent(0, 12) : (2 * size) - 1 + ((size - 2) * trial.Dice.Between(0, 2));
        var grid = new PatchGrid(size, size - 2, side, size + trial.Dice.Extent(0, 9));
        var x = trial.Constant("x", new Range(-1000, 1000, Whole: true), 2, grid.Height, grid.Width, 2);
        var (patches, back) = (TensorView<F64>.Allocate(new Shape(2, grid.Count, size * size, 2)), TensorView<F64>.Allocate(x.Shape));
        trial.Backend.PatchDivide(grid, x, patches);
        trial.Backend.PatchReverse(grid, patches, back);
        return Comparison.Bytes($"the image of {grid.Height} x {grid.Width} in patches of {size}", back, x);
    }

    // Rows of the first column of patches, read off an image that holds its row numbers.
    private static string? Starts(Sample sample, IEngine engine)
    {
        (int Size, int Step, int Side, double[] Tops)[] table =
        [
            (4, 2, 4, [0]),
            (4, 2, 5, [0, 1]),
            (4, 2, 6, [0, 2]),
            (4, 2, 7, [0, 2, 3]),
            (5, 3, 9, [0, 3, 4]),
            (16, 14, 31, [0, 14, 15]),
            (3, 3, 9, [0, 3, 6]),
        ];
        foreach (var (size, step, side, tops) in table)
        {
            var grid = new PatchGrid(size, step, side, size);
            var rows = TensorView<F64>.Of(new Shape(1, side, size, 1), [.. Enumerable.Range(0, side * size).Select(pixel => new F64(pixel / size))]);
            var patches = TensorView<F64>.Allocate(new Shape(1, grid.Count, size * size, 1));
            engine.Create<F64>().PatchDivide(grid, rows, patches);
            var firsts = TensorView<F64>.Of(new Shape(grid.Count), [.. Enumerable.Range(0, grid.Count).Select(patch => patches.Span[patch * size * size])]);
            if (Comparison.Bytes($"tops of patches of {size} by {step} in {side} rows", firsts, TensorView<F64>.Of(new Shape(tops.Length), [.. tops.Select(top => new F64(top))])) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    // A row in three patches has two neighbouring pairs over it or three; the published rule divides by 2^pairs.
    private static string? PublishedDivisor(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var size = trial.Dice.Between(3, 6);
        var side = (2 * size) - 1 + ((size - 2) * trial.Dice.Between(0, 2));
        var grid = new PatchGrid(size, size - 2, side, size, published: true);
        var ones = TensorView<F64>.Allocate(new Shape(1, grid.Count, size * size, 1));
        ones.Span.Fill(new F64(1));
        var x = TensorView<F64>.Allocate(new Shape(1, side, size, 1));
        trial.Backend.PatchReverse(grid, ones, x);
        return Comparison.Follows("patches of ones put back", x, at =>
        {
            var row = at / size;
            var over = grid.Tops.Count(top => top <= row && row < top + size);
            var pairs = grid.Tops.Zip(grid.Tops.Skip(1)).Count(pair => pair.Second <= row && row < pair.First + size);
            return over / Math.Pow(2, pairs);
        });
    }

    private static string? GreatestScore(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var train = trial.Dice.Toss();
        var (patches, pixels, channels) = (trial.Dice.Extent(2, 6), trial.Dice.Extent(1, 3), trial.Dice.Extent(2, 5));
        var x = trial.Constant("x", Range.Unit, 1, patches, pixels, channels);
        var (weight, bias) = (trial.Parameter("weight", Range.Unit, channels), trial.Parameter("bias", Range.Unit, channels));
        var noise = train ? trial.Constant("noise", Range.Unit, 1, patches, patches) : default;
        var (y, chosen) = (TensorView<F64>.Allocate(x.Shape), TensorView<int>.Allocate(new Shape(1, patches)));
        trial.Backend.Match(new MatchSettings(train), x, weight, bias, noise, y, chosen);
        for (var i = 0; i < patches; i++)
        {
            var scores = Enumerable.Range(0, patches).Select(j => Score(x, weight, bias, i, j) + (train ? noise.Span[(i * patches) + j].Value : 0)).ToArray();
            var (best, match) = (scores.Max(), chosen.Span[i]);
            if (scores[match] < best - 1e-9)
            {
                return $"patch {i} takes patch {match} of score {scores[match]:r}, the greatest is {best:r}";
            }

            if (Comparison.Bytes($"match of patch {i}", y.At(0).At(i), x.At(0).At(match)) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static double Score(TensorView<F64> x, Parameter<F64> weight, Parameter<F64> bias, int i, int j)
    {
        var channels = x.Shape[3];
        double[] Query(int patch)
        {
            var mean = Enumerable.Range(0, channels).Select(c => Enumerable.Range(0, x.Shape[2]).Average(pixel => x.At(0).At(patch).Span[(pixel * channels) + c].Value)).ToArray();
            var (centre, variance) = (mean.Average(), mean.Average(value => Math.Pow(value - mean.Average(), 2)));
            return [.. mean.Select((value, c) => ((value - centre) / Math.Sqrt(variance + 1e-5) * weight.Value.Span[c].Value) + bias.Value.Span[c].Value)];
        }

        return (Query(i).Zip(Query(j)).Sum(pair => pair.First * pair.Second) / Math.Sqrt(channels)) - (i == j ? 100 : 0);
    }

    // Patches of zeros are all alike: each takes the first other one.
    private static string? Ties(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (images, patches, channels) = (trial.Dice.Extent(1, 2), trial.Dice.Extent(2, 5), trial.Dice.Extent(1, 4));
        var x = TensorView<F64>.Allocate(new Shape(images, patches, 1, channels));
        var (weight, bias) = (trial.Parameter("weight", Range.Unit, channels), trial.Parameter("bias", Range.Unit, channels));
        var (y, chosen) = (TensorView<F64>.Allocate(x.Shape), TensorView<int>.Allocate(new Shape(images, patches)));
        trial.Backend.Match(new MatchSettings(Train: false), x, weight, bias, default, y, chosen);
        for (var i = 0; i < chosen.Length; i++)
        {
            var expected = i % patches == 0 ? 1 : 0;
            if (chosen.Span[i] != expected)
            {
                return $"patch {i % patches} of {patches} equal ones takes patch {chosen.Span[i]}, expected {expected}";
            }
        }

        return null;
    }

    // Two steps of two images: the second image of a step takes patches of the first, and only where asked to.
    private static string? PublishedMatch(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var patches = trial.Dice.Extent(2, 5);
        var x = trial.Constant("x", Range.Unit, 4, patches, 2, 3);
        var (weight, bias) = (trial.Parameter("weight", Range.Unit, 3), trial.Parameter("bias", Range.Unit, 3));
        foreach (var published in new[] { 0, 2 })
        {
            var (y, chosen) = (TensorView<F64>.Allocate(x.Shape), TensorView<int>.Allocate(new Shape(4, patches)));
            trial.Backend.Match(new MatchSettings(PublishedBatch: published), x, weight, bias, default, y, chosen);
            for (var i = 0; i < chosen.Length; i++)
            {
                var image = i / patches;
                var source = published == 0 ? image : image / 2 * 2;
                if (Comparison.Bytes($"match of patch {i % patches} of image {image}", y.At(image).At(i % patches), x.At(source).At(chosen.Span[i])) is { } wrong)
                {
                    return wrong;
                }
            }
        }

        return null;
    }

    private static string? Equation(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var dice = trial.Dice;
        var (batch, queries, keys, depth, channels) = (dice.Extent(1, 2), dice.Extent(1, 4), dice.Extent(1, 4), dice.Extent(1, 4), dice.Extent(1, 3));
        var (q, k, v) = (trial.Constant("q", new Range(-2, 2), batch, queries, depth), trial.Constant("k", new Range(-2, 2), batch, keys, depth), trial.Constant("v", Range.Unit, batch, keys, channels));
        var y = TensorView<F64>.Allocate(new Shape(batch, queries, channels));
        trial.Backend.Attention(q, k, v, y);
        return Comparison.Follows("y", y, at =>
        {
            var (image, i, c) = (at / channels / queries, at / channels % queries, at % channels);
            var e = Enumerable.Range(0, keys).Select(j => Math.Exp(
                Enumerable.Range(0, depth).Sum(d => q.At(image).At(i).Span[d].Value * k.At(image).At(j).Span[d].Value) / Math.Sqrt(depth))).ToArray();
            return Enumerable.Range(0, keys).Sum(j => e[j] / e.Sum() * v.At(image).At(j).Span[c].Value);
        }, 1e-13);
    }

    private static string? OneKey(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (queries, depth) = (trial.Dice.Extent(1, 4), trial.Dice.Extent(1, 4));
        var (q, k, v) = (trial.Constant("q", Range.Unit, 1, queries, depth), trial.Constant("k", Range.Unit, 1, 1, depth), trial.Constant("v", Range.Unit, 1, 1, 1));
        var y = TensorView<F64>.Allocate(new Shape(1, queries, 1));
        trial.Backend.Attention(q, k, v, y);
        return Comparison.Follows("y", y, _ => v.Span[0].Value);
    }

    // Keys and values turned round together.
    private static string? KeyOrder(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (queries, keys, depth) = (trial.Dice.Extent(1, 4), trial.Dice.Extent(2, 5), trial.Dice.Extent(1, 4));
        var (q, k, v) = (trial.Constant("q", new Range(-2, 2), 1, queries, depth), trial.Constant("k", new Range(-2, 2), 1, keys, depth), trial.Constant("v", Range.Unit, 1, keys, 2));
        var (y, turned) = (TensorView<F64>.Allocate(new Shape(1, queries, 2)), TensorView<F64>.Allocate(new Shape(1, queries, 2)));
        trial.Backend.Attention(q, k, v, y);
        trial.Backend.Attention(q, Turned(k), Turned(v), turned);
        return Comparison.Close("y", turned, y, 1e-13);
    }

    private static string? Renaming(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (patches, channels) = (trial.Dice.Extent(2, 6), trial.Dice.Extent(3, 5));
        var x = trial.Constant("x", Range.Unit, 1, patches, 2, channels);
        var (weight, bias) = (trial.Parameter("weight", Range.Unit, channels), trial.Parameter("bias", Range.Unit, channels));
        var (y, renamed, chosen) = (TensorView<F64>.Allocate(x.Shape), TensorView<F64>.Allocate(x.Shape), TensorView<int>.Allocate(new Shape(1, patches)));
        trial.Backend.Match(new MatchSettings(Train: false), Turned(x), weight, bias, default, renamed, chosen);
        trial.Backend.Match(new MatchSettings(Train: false), x, weight, bias, default, y, chosen);
        return Comparison.Bytes("y", Turned(renamed), y);
    }

    // [1, n, ...] with the n parts in the reverse order.
    private static TensorView<F64> Turned(TensorView<F64> x)
    {
        var (count, turned) = (x.Shape[1], TensorView<F64>.Allocate(x.Shape));
        for (var i = 0; i < count; i++)
        {
            x.At(0).At(i).CopyTo(turned.At(0).At(count - 1 - i));
        }

        return turned;
    }

    // Offsets start at 0 and the mask at 2 sigmoid(0) = 1.
    private static string? FreshModule(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (height, width, inputs, outputs) = (trial.Dice.Extent(1, 5), trial.Dice.Extent(1, 5), trial.Dice.Extent(1, 3), trial.Dice.Extent(1, 3));
        var x = trial.Constant("x", Range.Unit, 1, height, width, inputs);
        var stateDict = new StateDict<F64>();
        var module = new DeformableConvolutionModule<F64>(stateDict.Root, inputs, outputs);
        stateDict.Initialise(sample.Seed);
        var (y, convolved) = (TensorView<F64>.Allocate(new Shape(1, height, width, outputs)), TensorView<F64>.Allocate(new Shape(1, height, width, outputs)));
        module.Forward(trial.Backend, x, y);
        trial.Backend.Convolution(ConvolutionSettings.Same3, x, stateDict.Find("regular_conv.weight")!, stateDict.Find("regular_conv.bias"), convolved);
        return Comparison.Close("y", y, convolved, 0);
    }

    private static string? HybridEquation(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var dice = trial.Dice;
        var (steps, batch, pixels, channels) = (dice.Extent(1, 3), dice.Extent(1, 2), dice.Extent(1, 4), dice.Extent(1, 3));
        var u = trial.Constant("u", new Range(-1, 2), steps, batch, pixels, 1, channels);
        var stateDict = new StateDict<F64>();
        var module = new HybridDimensionAttention<F64>(stateDict.Root, steps, channels);
        trial.DrawParameters(stateDict);
        var (mixSteps, mixChannels) = (stateDict.Find("conv.0.weight")!.Value, stateDict.Find("conv_c.weight")!.Value);
        var y = TensorView<F64>.Allocate(u.Shape);
        module.Forward(trial.Backend, u, y);
        double Mean(int t, int b, int c) => Enumerable.Range(0, pixels).Average(pixel => u.Span[(((((t * batch) + b) * pixels) + pixel) * channels) + c].Value);
        return Comparison.Follows("y", y, at =>
        {
            var (t, b, c) = (at / channels / pixels / batch, at / channels / pixels % batch, at % channels);
            var byChannels = Enumerable.Range(0, channels).Sum(other => mixChannels.Span[(c * channels) + other].Value * Mean(t, b, other));
            var bySteps = Enumerable.Range(0, steps).Sum(other => mixSteps.Span[(t * steps) + other].Value * Mean(other, b, c));
            return u.Span[at].Value / (1 + Math.Exp(-byChannels * bySteps));
        }, 1e-13);
    }

    // With to_v = 0 and fc2 = 0 no layer changes its tokens.
    private static string? SilentLayers(Sample sample, IEngine engine)
    {
        var trial = Begin(sample, engine);
        var (size, channels) = (trial.Dice.Extent(3, 5), trial.Dice.Extent(1, 3));
        var x = trial.Constant("x", Range.Unit, 2, size + trial.Dice.Extent(0, 4), size + trial.Dice.Extent(0, 4), channels);
        var stateDict = new StateDict<F64>();
        var module = new DeformableSimilarityAttention<F64>(stateDict.Root, channels, size, 2, 3, published: false);
        trial.DrawParameters(stateDict);
        foreach (var entry in stateDict.Entries.Where(entry => entry.Name.Contains("to_v", StringComparison.Ordinal) || entry.Name.Contains("fc2", StringComparison.Ordinal)))
        {
            entry.Value.Clear();
        }

        var (y, expected) = (TensorView<F64>.Allocate(x.Shape), TensorView<F64>.Allocate(x.Shape));
        module.Evaluate(trial.Backend, 2, x, y);
        trial.Backend.Convolution(ConvolutionSettings.Same3, x, stateDict.Find("mid_convs.0.weight")!, stateDict.Find("mid_convs.0.bias"), expected);
        return Comparison.Follows("y", y, at => x.Span[at].Value + expected.Span[at].Value, 1e-13);
    }

    private static Trial<F64> Begin(Sample sample, IEngine engine) => new(sample, engine.Create<F64>(), drawn => new F64(drawn.Value));
}
