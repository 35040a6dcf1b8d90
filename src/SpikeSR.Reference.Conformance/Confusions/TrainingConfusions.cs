using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Confusions;

[Confusion("L1-1", "the loss is a sum, not a mean")]
internal sealed class SumsLoss<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override T L1(TensorView<T> x, TensorView<T> target) => base.L1(x, target) * T.FromDouble(x.Length);

    public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX) =>
        base.L1Backward(x, target, gradLoss * T.FromDouble(x.Length), gradX);
}

[Confusion("L1-2", "where prediction and target are equal the loss has slope 1")]
internal sealed class LossSlopesAtZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void L1Backward(TensorView<T> x, TensorView<T> target, T gradLoss, TensorView<T> gradX)
    {
        base.L1Backward(x, target, gradLoss, gradX);
        for (var i = 0; i < x.Length; i++)
        {
            var differs = T.IsGreater(x.Span[i], target.Span[i]) || T.IsGreater(target.Span[i], x.Span[i]);
            gradX.Span[i] = differs ? gradX.Span[i] : gradLoss / T.FromDouble(x.Length);
        }
    }
}

[Confusion("L1-1", "the loss is the mean of squares")]
internal sealed class SquaresLoss<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override T L1(TensorView<T> x, TensorView<T> target)
    {
        var sum = T.FromDouble(0);
        for (var i = 0; i < x.Length; i++)
        {
            var difference = x.Span[i] - target.Span[i];
            sum += difference * difference;
        }

        return sum / T.FromDouble(x.Length);
    }
}

[Confusion("ADAM-1", "Adam does not correct its moments' bias")]
internal sealed class UncorrectedAdam<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // beta^step is 0 in the limit.
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings, long.MaxValue, theta, gradient, m, v);
}

[Confusion("ADAM-1", "Adam's two decays change places")]
internal sealed class SwapsBetas<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings with { Beta1 = settings.Beta2, Beta2 = settings.Beta1 }, step, theta, gradient, m, v);
}

[Confusion("ADAM-1", "Adam's epsilon stands under the root")]
internal sealed class EpsilonUnderRoot<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v)
    {
        var before = TensorView<T>.Of(theta.Shape, theta.Span);
        base.Adam(settings, step, theta, gradient, m, v);
        for (var i = 0; i < theta.Length; i++)
        {
            var first = m.Span[i] / T.FromDouble(1 - Math.Pow(settings.Beta1, step));
            var second = v.Span[i] / T.FromDouble(1 - Math.Pow(settings.Beta2, step));
            theta.Span[i] = before.Span[i] - (T.FromDouble(settings.LearningRate) * first / T.Sqrt(second + T.FromDouble(settings.Epsilon)));
        }
    }
}

[Confusion("ADAM-1", "Adam's epsilon is added to the uncorrected root, and the correction made to the learning rate")]
internal sealed class EpsilonBeforeCorrection<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    // lr sqrt(c2) / c1 m / (sqrt(v) + eps) is the definition with eps / sqrt(c2).
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings with { Epsilon = settings.Epsilon / Math.Sqrt(1 - Math.Pow(settings.Beta2, step)) }, step, theta, gradient, m, v);
}

[Confusion("ADAM-1", "Adam corrects as if it were one step further")]
internal sealed class CountsStepsFromZero<T>(Workspace workspace, Parallelism threads) : DefinitionBackend<T>(workspace, threads)
    where T : unmanaged, IScalar<T>
{
    public override void Adam(AdamSettings settings, long step, TensorView<T> theta, TensorView<T> gradient, TensorView<T> m, TensorView<T> v) =>
        base.Adam(settings, step + 1, theta, gradient, m, v);
}
