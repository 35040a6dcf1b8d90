using SpikeSR.Reference.Attention;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Matches that write down how clear their decision is, and then follow the backend's.</summary>
/// <typeparam name="TRounding">How the backend rounds.</typeparam>
/// <param name="call">The call's record.</param>
internal readonly struct BookChoosing<TRounding>(DecisionCall call) : IChoosing<Bounded<TRounding>>
    where TRounding : struct, IRounding
{
    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<Bounded<TRounding>> row, int at)
    {
        var own = Match.ArgMax(row);
        var given = call.IsGiven ? call.Taken(at) : own;
        if (given != own)
        {
            var lead = row[own] - row[given];
            return call.Take(at, own, lead.Value, lead.Error);
        }

        // The rival that comes nearest to turning it.
        var (margin, bound) = (double.PositiveInfinity, 0.0);
        for (var j = 0; j < row.Length; j++)
        {
            var lead = row[own] - row[j];
            if (j != own && lead.Error > 0 && !(lead.Value - lead.Error >= margin - bound))
            {
                (margin, bound) = (lead.Value, lead.Error);
            }
        }

        return call.Take(at, own, margin, bound);
    }
}
