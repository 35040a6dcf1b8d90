using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>
/// Definition of Match: each patch is answered by the patch of the same image that it resembles most (SPEC MATCH):
/// <code>
/// q_i  = LayerNorm(mean over the pixels of patch i)
/// A_ij = (sum_c q_i[c] q_j[c]) / sqrt(C), less 100 where i = j
/// evaluation: y_i = patch argmax_j A_ij (ties: lowest j)
/// training:   z = A + gumbel; p = softmax_j(z / tau); y_i = patch argmax_j z_ij, with the gradient of sum_j (onehot + p - stop(p))_ij patch_j
/// </code>
/// </summary>
public static class Match
{
    /// <summary>What a patch's score for itself is lowered by, so that it finds another.</summary>
    internal const double SelfPenalty = 100;

    /// <summary>Finds every patch's match and copies it.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Mode and temperature.</param>
    /// <param name="x">Patches [N, n, P P, C].</param>
    /// <param name="weight">Layer norm weight [C].</param>
    /// <param name="bias">Layer norm bias [C].</param>
    /// <param name="gumbel">Noise [N, n, n] in training, else absent.</param>
    /// <param name="y">Matched patches, as x; absent where only their numbers are asked for.</param>
    /// <param name="chosen">Receives the matched patch's number [N, n].</param>
    /// <param name="workspace">Where queries and similarities are kept meanwhile.</param>
    /// <param name="threads">Threads over patches.</param>
    public static void Forward<T>(
        MatchSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen, Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T> => ForwardWith(settings, x, weight, bias, gumbel, y, chosen, default(OwnChoosing<T>), workspace, threads);

    /// <summary>The same with somebody's say in which patch is chosen.</summary>
    /// <inheritdoc cref="Forward"/>
    internal static void ForwardWith<T, TChoosing>(
        MatchSettings settings,
        TensorView<T> x,
        TensorView<T> weight,
        TensorView<T> bias,
        TensorView<T> gumbel,
        TensorView<T> y,
        TensorView<int> chosen,
        TChoosing choosing,
        Workspace workspace,
        Parallelism threads)
        where T : unmanaged, IScalar<T>
        where TChoosing : struct, IChoosing<T>
    {
        var (images, patches, patch) = CheckForward(settings, x, gumbel, y, chosen);
        using var scope = workspace.OpenScope();
        var queries = scope.Rent<T>(images * patches, x.Shape[3]);
        Queries(settings, x, weight, bias, queries, scope, threads);
        threads.For(images * patches, i =>
        {
            var z = new T[patches];
            Scores(queries, gumbel, i, patches, z);
            var best = choosing.Choose(z, i);
            chosen.Span[i] = best;
            if (y.IsAbsent)
            {
                return;
            }

            var match = y.Span.Slice(i * patch, patch);
            x.Span.Slice(((SourceImage(settings, i / patches) * patches) + best) * patch, patch).CopyTo(match);
            if (settings.Train && T.CarriesDerivative)
            {
                AddStraightThrough(settings, x, z, i / patches, match);
            }
        });
    }

    /// <summary>
    /// gradX = onehot' gradY (patches ascending from 0), and in training what flows through p: gp_ij = sum over (pixel, channel) ascending of
    /// gradY_i patch_j; gz = softmax Jacobian; gs = (gz / tau) / sqrt(C); gq_i = sum_j (gs_ij + gs_ji) q_j; then the layer norm's and the mean's
    /// gradients, added. Overwrites gradX; adds to gradWeight and gradBias.
    /// </summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="settings">Mode and temperature.</param>
    /// <param name="x">Patches [N, n, P P, C].</param>
    /// <param name="weight">Layer norm weight [C].</param>
    /// <param name="bias">Layer norm bias [C].</param>
    /// <param name="gumbel">Noise [N, n, n] in training, else absent.</param>
    /// <param name="chosen">The matches of the forward pass [N, n].</param>
    /// <param name="gradY">Gradient by the matched patches, as x.</param>
    /// <param name="gradX">Gradient by the patches, as x.</param>
    /// <param name="gradWeight">Gradient by the layer norm weight [C].</param>
    /// <param name="gradBias">Gradient by the layer norm bias [C].</param>
    /// <param name="workspace">Where queries and similarities are kept meanwhile.</param>
    /// <param name="threads">Threads over patches.</param>
    public static void Backward<T>(
        MatchSettings settings,
        TensorView<T> x,
        TensorView<T> weight,
        TensorView<T> bias,
        TensorView<T> gumbel,
        TensorView<int> chosen,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradWeight,
        TensorView<T> gradBias,
        Workspace workspace,
        Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (images, patches, patch) = CheckBackward(settings, x, weight, bias, gumbel, chosen, gradY, gradX, gradWeight, gradBias);
        GatherBackward(settings, chosen, gradY, gradX, images, patches, patch, threads);
        if (!settings.Train)
        {
            return;
        }

        var (pixels, channels) = (x.Shape[2], x.Shape[3]);
        using var scope = workspace.OpenScope();
        var queries = scope.Rent<T>(images * patches, channels);
        var means = Queries(settings, x, weight, bias, queries, scope, threads);

        // gs, by the products of queries.
        var gradSimilarity = scope.Rent<T>(images, patches, patches);
        threads.For(images * patches, i =>
        {
            var (image, p, gradP) = (i / patches, new T[patches], new T[patches]);
            Scores(queries, gumbel, i, patches, p);
            Probabilities(settings, p);
            for (var j = 0; j < patches; j++)
            {
                gradP[j] = Convolution.ProductSum(T.FromDouble(0), gradY.Span.Slice(i * patch, patch), x.Span.Slice(((image * patches) + j) * patch, patch));
            }

            // In the place of gp stands gz from here.
            Softmax.RowBackward<T>(p, gradP, gradP);
            for (var j = 0; j < patches; j++)
            {
                gradSimilarity.Span[(i * patches) + j] = (gradP[j] / T.FromDouble(settings.Tau)) / T.FromDouble(Math.Sqrt(channels));
            }
        });
        var gradQueries = scope.Rent<T>(images * patches, channels);
        threads.For(images * patches, i =>
        {
            var (first, own) = (i / patches * patches, i % patches);
            for (var c = 0; c < channels; c++)
            {
                var sum = T.FromDouble(0);
                for (var j = 0; j < patches; j++)
                {
                    // gs_ij + gs_ji: q_i asks in row i and is asked in column i.
                    var both = gradSimilarity.Span[(i * patches) + j] + gradSimilarity.Span[((first + j) * patches) + own];
                    sum = T.FusedMultiplyAdd(both, queries.Span[((first + j) * channels) + c], sum);
                }

                gradQueries.Span[(i * channels) + c] = sum;
            }
        });
        var gradMeans = scope.Rent<T>(images * patches, channels);
        LayerNorm.Backward(settings.Epsilon, means, weight, gradQueries, gradMeans, gradWeight, gradBias, workspace, threads);
        threads.For(images * patches, i =>
        {
            for (var k = 0; k < patch; k++)
            {
                gradX.Span[(i * patch) + k] += gradMeans.Span[(i * channels) + (k % channels)] / T.FromDouble(pixels);
            }
        });
    }

    /// <summary>The image that image <paramref name="image"/> takes its matches from: itself, but for the published code's evaluation (SPEC MATCH-5).</summary>
    /// <param name="settings">Mode.</param>
    /// <param name="image">Image number.</param>
    internal static int SourceImage(MatchSettings settings, int image) =>
        settings.PublishedBatch > 0 && !settings.Train ? image / settings.PublishedBatch * settings.PublishedBatch : image;

    /// <summary>Decision: the position of the greatest; the lowest of equals; a NaN is never greater.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="row">At least one element.</param>
    internal static int ArgMax<T>(ReadOnlySpan<T> row)
        where T : unmanaged, IScalar<T>
    {
        var best = 0;
        for (var j = 1; j < row.Length; j++)
        {
            best = T.IsGreater(row[j], row[best]) ? j : best;
        }

        return best;
    }

    // Means and queries of all patches, [N n, C] each; returns the means.
    private static TensorView<T> Queries<T>(MatchSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> queries, Workspace.Scope scope, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        var (count, pixels, channels) = (x.Shape[0] * x.Shape[1], x.Shape[2], x.Shape[3]);
        var means = scope.Rent<T>(count, channels);
        Pooling.Forward(x.Reshape(count, pixels, channels), means, threads);
        LayerNorm.Forward(settings.Epsilon, means, weight, bias, queries, threads);
        return means;
    }

    // z_i = A_i in evaluation, A_i + gumbel_i in training; i counts the patches of all images.
    private static void Scores<T>(TensorView<T> queries, TensorView<T> gumbel, int i, int patches, Span<T> z)
        where T : unmanaged, IScalar<T>
    {
        var channels = queries.Shape[1];
        var (first, own) = (i / patches * patches, i % patches);
        for (var j = 0; j < patches; j++)
        {
            var product = Convolution.ProductSum(
                T.FromDouble(0), queries.Span.Slice(i * channels, channels), queries.Span.Slice((first + j) * channels, channels));
            var score = product / T.FromDouble(Math.Sqrt(channels));
            score = j == own ? score - T.FromDouble(SelfPenalty) : score;
            z[j] = gumbel.IsAbsent ? score : score + gumbel.Span[(i * patches) + j];
        }
    }

    // p = softmax(z / tau), in the place of z.
    private static void Probabilities<T>(MatchSettings settings, Span<T> z)
        where T : unmanaged, IScalar<T>
    {
        for (var j = 0; j < z.Length; j++)
        {
            z[j] /= T.FromDouble(settings.Tau);
        }

        Softmax.Row(z, z);
    }

    // match += sum_j (p_j - stop(p_j)) stop(patch_j): zero in value, the gradient of the straight-through estimator.
    private static void AddStraightThrough<T>(MatchSettings settings, TensorView<T> x, Span<T> z, int image, Span<T> match)
        where T : unmanaged, IScalar<T>
    {
        Probabilities(settings, z);
        var p = z;
        for (var j = 0; j < p.Length; j++)
        {
            var difference = p[j] - T.Detach(p[j]);
            var patch = x.Span.Slice(((image * p.Length) + j) * match.Length, match.Length);
            for (var k = 0; k < match.Length; k++)
            {
                match[k] = T.FusedMultiplyAdd(difference, T.Detach(patch[k]), match[k]);
            }
        }
    }

    private static void GatherBackward<T>(MatchSettings settings, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX, int images, int patches, int patch, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        threads.For(images * patches, target =>
        {
            var sum = gradX.Span.Slice(target * patch, patch);
            sum.Fill(T.FromDouble(0));
            for (var i = 0; i < images * patches; i++)
            {
                if ((SourceImage(settings, i / patches) * patches) + chosen.Span[i] == target)
                {
                    var g = gradY.Span.Slice(i * patch, patch);
                    for (var k = 0; k < patch; k++)
                    {
                        sum[k] += g[k];
                    }
                }
            }
        });
    }

    /// <summary>Throws unless the forward pass's settings and tensors fit together; N, n and P P C.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Mode and temperature.</param>
    /// <param name="x">[N, n, P P, C].</param>
    /// <param name="gumbel">[N, n, n] or absent.</param>
    /// <param name="y">As x, or absent.</param>
    /// <param name="chosen">[N, n].</param>
    internal static (int Images, int Patches, int Patch) CheckForward<T>(MatchSettings settings, TensorView<T> x, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen)
        where T : unmanaged
    {
        var sizes = Check(settings, x, gumbel);
        if (!y.IsAbsent)
        {
            Guard.SameLength(x, y, nameof(y));
        }

        Guard.HasShape(chosen, nameof(chosen), sizes.Images, sizes.Patches);
        return sizes;
    }

    /// <summary>Throws unless the backward pass's settings and tensors fit together; N, n and P P C.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="settings">Mode and temperature.</param>
    /// <param name="x">[N, n, P P, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="gumbel">[N, n, n] or absent.</param>
    /// <param name="chosen">[N, n].</param>
    /// <param name="gradY">As x.</param>
    /// <param name="gradX">As x.</param>
    /// <param name="gradWeight">[C]; in evaluation it may be absent.</param>
    /// <param name="gradBias">[C]; in evaluation it may be absent.</param>
    internal static (int Images, int Patches, int Patch) CheckBackward<T>(
        MatchSettings settings,
        TensorView<T> x,
        TensorView<T> weight,
        TensorView<T> bias,
        TensorView<T> gumbel,
        TensorView<int> chosen,
        TensorView<T> gradY,
        TensorView<T> gradX,
        TensorView<T> gradWeight,
        TensorView<T> gradBias)
        where T : unmanaged
    {
        var sizes = Check(settings, x, gumbel);
        if (settings.Train)
        {
            var channels = x.Shape[3];
            Guard.HasShape(weight, nameof(weight), channels);
            Guard.HasShape(bias, nameof(bias), channels);
            Guard.HasShape(gradWeight, nameof(gradWeight), channels);
            Guard.HasShape(gradBias, nameof(gradBias), channels);
        }

        Guard.HasShape(chosen, nameof(chosen), sizes.Images, sizes.Patches);
        Guard.SameLength(x, gradY, nameof(gradY));
        Guard.SameLength(x, gradX, nameof(gradX));
        return sizes;
    }

    private static (int Images, int Patches, int Patch) Check<T>(MatchSettings settings, TensorView<T> x, TensorView<T> gumbel)
        where T : unmanaged
    {
        Guard.HasShape(x, nameof(x), -1, -1, -1, -1);
        var (images, patches) = (x.Shape[0], x.Shape[1]);
        Guard.That(settings.Train != gumbel.IsAbsent, "Gumbel noise is given in training, and only then", nameof(gumbel));
        Guard.AbsentOrShape(gumbel, nameof(gumbel), images, patches, patches);
        Guard.That(settings.Tau > 0, $"tau is {settings.Tau}, expected above 0", nameof(settings));
        return (images, patches, x.Shape[2] * x.Shape[3]);
    }
}
