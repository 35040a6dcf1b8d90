using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Neurons that write down how clear their decision is, and then follow the backend's.</summary>
/// <typeparam name="TRounding">How the backend rounds.</typeparam>
/// <param name="call">The call's record.</param>
/// <param name="offset">Position of the first decision within the call.</param>
/// <param name="isReplay">Whether the decisions are written down already.</param>
internal readonly struct BookFiring<TRounding>(DecisionCall call, int offset, bool isReplay) : IFiring<Bounded<TRounding>>
    where TRounding : struct, IRounding
{
    /// <inheritdoc/>
    public Bounded<TRounding> Fire(Bounded<TRounding> u, int at) =>
        Bounded<TRounding>.FromDouble(isReplay ? call.Taken(offset + at) : call.Take(offset + at, u.Value >= 0 ? 1 : 0, u.Value, u.Error));
}
