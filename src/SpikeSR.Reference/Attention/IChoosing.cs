using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Attention;

/// <summary>Who says which patch is the match: the similarities, or somebody whose decisions are being followed.</summary>
/// <typeparam name="T">Scalar.</typeparam>
internal interface IChoosing<T>
    where T : unmanaged, IScalar<T>
{
    /// <summary>The number of the chosen patch.</summary>
    /// <param name="row">z_i, one for each patch of the image.</param>
    /// <param name="at">i, counting the patches of all images.</param>
    int Choose(ReadOnlySpan<T> row, int at);
}

/// <summary>The greatest (SPEC MATCH-2).</summary>
/// <typeparam name="T">Scalar.</typeparam>
internal readonly struct OwnChoosing<T> : IChoosing<T>
    where T : unmanaged, IScalar<T>
{
    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<T> row, int at) => Match.ArgMax(row);
}
