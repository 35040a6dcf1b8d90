using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Neurons that write down how clear their decision is, and then follow the backend's; what their steps hand on is stored, so that no sum goes on from step to step.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="call">The call's record.</param>
/// <param name="isReplay">Whether the decisions are written down already.</param>
/// <param name="granted">Relative error that what is handed on may have beside its own.</param>
internal readonly struct BookFiring<T>(DecisionCall call, bool isReplay, double granted = 0) : IFiring<T>
    where T : unmanaged, IErrorScalar<T>
{
    /// <inheritdoc/>
    public T Fire(T u, int at) =>
        T.FromDouble(isReplay ? call.Taken(at) : call.Take(at, T.ToDouble(u) >= 0 ? 1 : 0, u));

    /// <inheritdoc/>
    public T HandOn(T value) => value.Widen(granted * Math.Abs(T.ToDouble(value)));
}
