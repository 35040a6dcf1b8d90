namespace SpikeSR.Reference.Tests.Properties;

/// <summary>One random element of an input or parameter, before a check turns it into a scalar.</summary>
/// <param name="Port">Name of the tensor.</param>
/// <param name="Value">Its value.</param>
/// <param name="Direction">Where a check may move it, in [-1, 1); 0 for what has no gradient.</param>
internal readonly record struct Drawn(string Port, double Value, double Direction);

/// <summary>What values a tensor is drawn from: uniform in [Low, High), or the multiples of 1 nearest to that.</summary>
/// <param name="Low">Least value.</param>
/// <param name="High">Bound above.</param>
/// <param name="Whole">Whether values are rounded to whole numbers.</param>
internal readonly record struct Range(double Low, double High, bool Whole = false)
{
    /// <summary>[-1, 1).</summary>
    public static readonly Range Unit = new(-1, 1);

    /// <summary>Gumbel noise, as golden cases draw it.</summary>
    public static readonly Range Noise = new(-2, 4);
}
