using System.Globalization;
using System.Text.Json;

namespace SpikeSR.Reference.Conformance;

/// <summary>One attribute that an operator's cases carry: its name, what values it takes, and what it is when left out.</summary>
public sealed class CaseAttribute
{
    // No size in a case is near this; it keeps sums of attributes within an int.
    private const int LargestInteger = 1 << 24;

    private readonly Func<JsonElement, object?> _parse;

    private CaseAttribute(string name, string values, object? fallback, Func<JsonElement, object?> parse) =>
        (Name, Values, Fallback, _parse) = (name, values, fallback, parse);

    /// <summary>Name in the case's attrs object.</summary>
    public string Name { get; }

    /// <summary>The values it takes, in words.</summary>
    public string Values { get; }

    /// <summary>The value when it is left out; null: it is required.</summary>
    public object? Fallback { get; }

    /// <summary>Name, values and default on one line.</summary>
    public override string ToString() => Fallback is null ? $"{Name}: {Values}" : $"{Name}: {Values} (default {Show(Fallback)})";

    internal static CaseAttribute Integer(string name, int minimum, int maximum = LargestInteger, int? fallback = null)
    {
        var values = minimum == maximum ? $"{minimum}" : $"an integer from {minimum} to {maximum}";
        return new(name, values, fallback, value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum ? number : null);
    }

    internal static CaseAttribute Number(string name, double? above = null, double? atLeast = null, double? below = null, double? fallback = null)
    {
        var values = (above is { } bound ? $"a number above {Show(bound)}" : atLeast is { } least ? $"a number of at least {Show(least)}" : "a number")
            + (below is { } end ? $" and below {Show(end)}" : "");
        return new(name, values, fallback, value => ParseNumber(value) is { } number && !(number <= above) && !(number < atLeast) && !(number >= below) ? number : null);
    }

    /// <summary>A number or null; null is held as NaN, which no JSON number is.</summary>
    internal static CaseAttribute NumberOrNull(string name) =>
        new(name, "a number or null", null, value => value.ValueKind == JsonValueKind.Null ? double.NaN : ParseNumber(value));

    internal static CaseAttribute Boolean(string name, bool? fallback = null) =>
        new(name, "true or false", fallback, value => value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null });

    internal static CaseAttribute Choice<TChoice>(string name, IReadOnlyDictionary<string, TChoice> choices)
        where TChoice : struct =>
        new(name, "one of " + string.Join(", ", choices.Keys), null, value => value.ValueKind == JsonValueKind.String && choices.TryGetValue(value.GetString()!, out var choice) ? choice : null);

    /// <summary>The value, or null where it is none that the attribute takes.</summary>
    internal object? Parse(JsonElement value) => _parse(value);

    private static double? ParseNumber(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    private static string Show(object value) => value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
