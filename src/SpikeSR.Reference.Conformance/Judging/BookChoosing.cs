using SpikeSR.Reference.Attention;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Matches that write down how clear their decision is, and then follow the backend's.</summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="call">The call's record.</param>
internal readonly struct BookChoosing<T>(DecisionCall call) : IChoosing<T>
    where T : unmanaged, IErrorScalar<T>
{
    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<T> row, int at)
    {
        var own = Match.ArgMax(row);
        var given = call.IsGiven ? call.Taken(at) : own;
        var lead = row[own] - row[given];
        if (given == own)
        {
            // The nearest rival that rounding could help.
            lead = T.FromDouble(double.PositiveInfinity);
            for (var j = 0; j < row.Length; j++)
            {
                if (row[own] - row[j] is var rival && j != own && rival.Error > 0 && T.IsGreater(lead, rival))
                {
                    lead = rival;
                }
            }
        }

        return call.Take(at, own, lead);
    }
}
