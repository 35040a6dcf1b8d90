using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Neurons that write down how clear their decision is, and then follow the backend's.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="call">The call's record.</param>
/// <param name="offset">Position of the first decision within the call.</param>
/// <param name="isReplay">Whether the decisions are written down already.</param>
internal readonly struct BookFiring<T>(DecisionCall call, int offset, bool isReplay) : IFiring<T>
    where T : unmanaged, IErrorScalar<T>
{
    /// <inheritdoc/>
    public T Fire(T u, int at) =>
        T.FromDouble(isReplay ? call.Taken(offset + at) : call.Take(offset + at, T.ToDouble(u) >= 0 ? 1 : 0, u));
}
