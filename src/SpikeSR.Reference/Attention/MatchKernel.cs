using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Operators.Kernels;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>Kernels of <see cref="Match"/>: similarities are products of all queries of an image with a block of them, so that no n x n matrix is kept in evaluation.</summary>
internal static unsafe class MatchKernel
{
    // Rows of similarities in hand at once: 4 tiles of the product.
    private const int RowBlock = 24;

    // Terms of the sums over a patch that are packed at once.
    private const int DepthBlock = 512;

    /// <summary>Finds every patch's match and copies it, as <see cref="Match.Forward"/>.</summary>
    public static void Forward<TLane, T>(
        MatchSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> gumbel, TensorView<T> y, TensorView<int> chosen, Workspace workspace, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (images, patches, patch) = Match.CheckForward(settings, x, gumbel, y, chosen);
        using var scope = workspace.OpenScope();
        var similarity = new Similarity<TLane, T>(settings, x, weight, bias, gumbel, scope, workspace, threads);
        var blocks = (patches + RowBlock - 1) / RowBlock;
        threads.For(images * blocks, block =>
        {
            var (image, first) = (block / blocks, block % blocks * RowBlock);
            var count = Math.Min(RowBlock, patches - first);
            var z = workspace.Rent<T>(new Shape(count, patches));
            similarity.Scores(image, first, count, z.Pointer);
            for (nint i = 0; i < count; i++)
            {
                var row = ((nint)image * patches) + first + i;
                var best = ArgMax(z.Pointer + (i * patches), patches);
                chosen.Pointer[row] = best;
                if (!y.IsAbsent)
                {
                    var source = ((nint)Match.SourceImage(settings, image) * patches) + best;
                    new ReadOnlySpan<T>(x.Pointer + (source * patch), patch).CopyTo(new(y.Pointer + (row * patch), patch));
                }
            }

            workspace.Return(z);
        });
    }

    /// <summary>Gradients by the patches and the layer norm's parameters, as <see cref="Match.Backward"/>.</summary>
    public static void Backward<TLane, T>(
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
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (images, patches, patch) = Match.CheckBackward(settings, x, weight, bias, gumbel, chosen, gradY, gradX, gradWeight, gradBias);
        GatherBackward<TLane, T>(settings, chosen, gradY, gradX, patches, patch, threads);
        if (!settings.Train)
        {
            return;
        }

        var (pixels, channels) = (x.Shape[2], x.Shape[3]);
        using var scope = workspace.OpenScope();
        var similarity = new Similarity<TLane, T>(settings, x, weight, bias, gumbel, scope, workspace, threads);
        var gradQueries = scope.Rent<T>(images * patches, channels);
        var zeros = MatrixKernel.StartRow<TLane, T>(default, 1, channels, scope);
        threads.For(images, image =>
        {
            using var own = workspace.OpenScope();
            var (gradS, right) = (own.Rent<T>(patches, patches), new RightRows<TLane, T>(channels, channels, patches, own));
            GradSimilarity(settings, similarity, x, gradY, image, gradS, workspace);
            var first = (nint)image * patches * channels;
            var packed = right.Pack(similarity.Queries.Pointer + first, patches);
            MatrixKernel.Multiply<TLane, T>(patches, patches, channels, gradS.Pointer, patches, 1, packed, zeros.Pointer, 0, gradQueries.Pointer + first, channels);
        });
        var gradMeans = scope.Rent<T>(images * patches, channels);
        LayerNormKernel.Backward<TLane, T>(settings.Epsilon, similarity.Means, weight, gradQueries, gradMeans, gradWeight, gradBias, workspace, threads);
        var shares = new AddedShares<T>(gradMeans.Pointer, pixels, gradX.Pointer, channels);
        LaneLoop.Channels<TLane, T, AddedShares<T>>(shares, images * patches, pixels, channels, threads);
    }

    // The position of the greatest; the lowest of equals; a NaN is never greater.
    private static int ArgMax<T>(T* row, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var best = 0;
        for (var j = 1; j < n; j++)
        {
            best = row[j] > row[best] ? j : best;
        }

        return best;
    }

    // gradX of a patch = the sum, from 0, of the gradients of the patches that chose it, ascending.
    private static void GatherBackward<TLane, T>(
        MatchSettings settings, TensorView<int> chosen, TensorView<T> gradY, TensorView<T> gradX, int patches, int patch, Parallelism threads)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        threads.For(chosen.Length, target =>
        {
            var sum = gradX.Pointer + ((nint)target * patch);
            new Span<T>(sum, patch).Clear();
            for (var i = 0; i < chosen.Length; i++)
            {
                if ((Match.SourceImage(settings, i / patches) * patches) + chosen.Pointer[i] == target)
                {
                    LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(sum, gradY.Pointer + ((nint)i * patch), sum), 0, patch);
                }
            }
        });

    // gs_ij + gs_ji of one image [n, n], gs = ((softmax Jacobian of gp) / tau) / sqrt(C), gp_ij = gradY_i . patch_j.
    private static void GradSimilarity<TLane, T>(
        MatchSettings settings, Similarity<TLane, T> similarity, TensorView<T> x, TensorView<T> gradY, int image, TensorView<T> both, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (patches, patch) = (x.Shape[1], x.Shape[2] * x.Shape[3]);
        var (p, gradS) = (workspace.Rent<T>(new Shape(patches, patches)), workspace.Rent<T>(new Shape(patches, patches)));
        similarity.Scores(image, 0, patches, p.Pointer);
        Products<TLane, T>(gradY.Pointer + ((nint)image * patches * patch), x.Pointer + ((nint)image * patches * patch), patches, patch, gradS.Pointer, workspace);
        var (tau, root) = (new Divisor<T>(T.CreateTruncating(settings.Tau)), new Divisor<T>(T.CreateTruncating(Math.Sqrt(x.Shape[3]))));
        for (nint i = 0; i < patches; i++)
        {
            var own = p.Pointer + (i * patches);
            var gradOwn = gradS.Pointer + (i * patches);
            SoftmaxKernel.Rows<TLane, T>(own, own, 1, patches, tau);
            SoftmaxKernel.RowBackward<TLane, T>(own, gradOwn, gradOwn, patches, tau);
            LaneLoop.ElementRange<TLane, T, Quotients<T>>(new(gradOwn, root), 0, patches);
        }

        for (var i = 0; i < patches; i++)
        {
            for (var j = 0; j < patches; j++)
            {
                both.Pointer[((nint)i * patches) + j] = gradS.Pointer[((nint)i * patches) + j] + gradS.Pointer[((nint)j * patches) + i];
            }
        }

        workspace.Return(gradS);
        workspace.Return(p);
    }

    // products_ij = sum over k ascending of left_i[k] right_j[k]; in pieces of the sum, which wait in the result, so that little is packed at once.
    private static void Products<TLane, T>(T* left, T* right, int patches, int patch, T* products, Workspace workspace)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        var packed = workspace.Rent<T>(new Shape(MatrixKernel.PackedLength<TLane, T>(DepthBlock, patches)));
        new Span<T>(products, patches * patches).Clear();
        for (var first = 0; first < patch; first += DepthBlock)
        {
            var depth = Math.Min(DepthBlock, patch - first);
            MatrixKernel.PackTransposed<TLane, T>(right + first, patch, depth, patches, packed.Pointer);
            MatrixKernel.Multiply<TLane, T>(patches, depth, patches, left + first, patch, 1, packed.Pointer, products, patches, products, patches);
        }

        workspace.Return(packed);
    }

    /// <summary>The queries of all patches, packed as right operands image by image, and what is computed from them.</summary>
    private readonly struct Similarity<TLane, T>
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly TensorView<T> _gumbel;
        private readonly TensorView<T> _packed;
        private readonly TensorView<T> _zeros;
        private readonly Divisor<T> _root;
        private readonly int _patches;

        public Similarity(
            MatchSettings settings, TensorView<T> x, TensorView<T> weight, TensorView<T> bias, TensorView<T> gumbel, Workspace.Scope scope, Workspace workspace, Parallelism threads)
        {
            var (images, pixels, channels) = (x.Shape[0], x.Shape[2], x.Shape[3]);
            _patches = x.Shape[1];
            _gumbel = gumbel;
            Means = scope.Rent<T>(images * _patches, channels);
            Queries = scope.Rent<T>(images * _patches, channels);
            PoolingKernel.Forward<TLane, T>(x.Reshape(images * _patches, pixels, channels), Means, workspace, threads);
            LayerNormKernel.Forward<TLane, T>(settings.Epsilon, Means, weight, bias, Queries, threads);
            _root = new Divisor<T>(T.CreateTruncating(Math.Sqrt(channels)));
            var length = MatrixKernel.PackedLength<TLane, T>(channels, _patches);
            _packed = scope.Rent<T>(images, length);
            _zeros = MatrixKernel.StartRow<TLane, T>(default, 1, _patches, scope);
            for (nint image = 0; image < images; image++)
            {
                MatrixKernel.PackTransposed<TLane, T>(
                    Queries.Pointer + (image * _patches * channels), channels, channels, _patches, _packed.Pointer + (image * length));
            }
        }

        /// <summary>The means that the queries are normalised from [N n, C].</summary>
        public TensorView<T> Means { get; }

        /// <summary>q [N n, C].</summary>
        public TensorView<T> Queries { get; }

        /// <summary>z of rows [first, first + count) of one image: (q_i . q_j) / sqrt(C), less 100 where i = j, plus the noise.</summary>
        public void Scores(int image, int first, int count, T* z)
        {
            var channels = Queries.Shape[1];
            var row = ((nint)image * _patches) + first;
            MatrixKernel.Multiply<TLane, T>(
                count,
                channels,
                _patches,
                Queries.Pointer + (row * channels),
                channels,
                1,
                _packed.Pointer + ((nint)image * _packed.Shape[1]),
                _zeros.Pointer,
                0,
                z,
                _patches);
            LaneLoop.ElementRange<TLane, T, Quotients<T>>(new(z, _root), 0, count * _patches);
            for (nint i = 0; i < count; i++)
            {
                z[(i * _patches) + first + i] -= T.CreateTruncating(Match.SelfPenalty);
            }

            if (!_gumbel.IsAbsent)
            {
                LaneLoop.ElementRange<TLane, T, ElementwiseKernel.Sum<T>>(new(z, _gumbel.Pointer + (row * _patches), z), 0, count * _patches);
            }
        }
    }

    private readonly struct Quotients<T>(T* values, Divisor<T> divisor) : LaneLoop.IElementKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int i)
            where TLane : unmanaged, ILane<TLane, T> => TLane.Store(values + i, divisor.Divide(TLane.Load(values + i)));
    }

    // gradX += gradMeans / pixels.
    private readonly struct AddedShares<T>(T* gradMeans, int pixels, T* gradX, int channels) : LaneLoop.IChannelKernel<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Divisor<T> _divisor = new(T.CreateTruncating(pixels));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<TLane>(int plane, int row, int channel)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var own = gradX + ((nint)row * channels) + channel;
            TLane.Store(own, TLane.Load(own) + _divisor.Divide(TLane.Load(gradMeans + ((nint)plane * channels) + channel)));
        }
    }
}
