using System.Globalization;
using SpikeSR.Reference.Imaging;
using SpikeSR.Reference.Imaging.Upscaling;

namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>How the value range of an image is found.</summary>
/// <param name="Stated">The range itself, if it is stated.</param>
/// <param name="Percent">Share of samples to leave out at each end, if it is to be measured.</param>
/// <param name="IsAutomatic">Whether the image decides.</param>
internal sealed record RangeChoice(ValueRange? Stated, double? Percent, bool IsAutomatic)
{
    private const double AutomaticPercent = 0.5;

    /// <summary>Full for pictures; measured for what is georeferenced, signed or floating point.</summary>
    public static readonly RangeChoice Automatic = new(null, null, IsAutomatic: true);

    private static readonly RangeChoice Full = new(null, null, IsAutomatic: false);

    /// <summary>Reads <c>auto</c>, <c>full</c>, <c>LOW,HIGH</c> or <c>N%</c>.</summary>
    public static bool TryParse(string text, out RangeChoice choice)
    {
        choice = text == "full" ? Full : Automatic;
        if (text is "auto" or "full")
        {
            return true;
        }

        if (text.EndsWith('%') && TryNumber(text[..^1], out var percent) && percent is >= 0 and < 50)
        {
            choice = new(null, percent, IsAutomatic: false);
            return true;
        }

        if (text.Split(',') is [var first, var second] && TryNumber(first, out var low) && TryNumber(second, out var high) && (float)low < (float)high)
        {
            choice = new(new ValueRange((float)low, (float)high), null, IsAutomatic: false);
            return true;
        }

        return false;
    }

    /// <summary>The range for an image.</summary>
    /// <param name="header">The image.</param>
    /// <param name="open">Opens it once more, to measure it.</param>
    /// <param name="farValue">A sample that may stand for no data, if it was measured and there is one.</param>
    public ValueRange For(ImageHeader header, Func<RowReader> open, out float? farValue)
    {
        farValue = null;
        var isPicture = header.Kind == SampleKind.UInt8 || (header.Kind == SampleKind.UInt16 && header.Metadata.Georeference is null);
        if ((IsAutomatic && !isPicture ? AutomaticPercent : Percent) is { } percent)
        {
            using var source = open();
            return ValueRange.OfPercentiles(source, percent, out farValue);
        }

        return Stated ?? ValueRange.FullOf(header);
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => IsAutomatic ? "auto" : Stated is { } range ? $"{range.Low},{range.High}" : Percent is { } percent ? $"{percent}%" : "full";

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && float.IsFinite((float)number);
}
