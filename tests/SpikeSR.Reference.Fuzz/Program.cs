using System.Globalization;

namespace SpikeSR.Reference.Fuzz;

/// <summary>
/// Damages sound files and decodes them in child processes of little memory:
/// <c>dotnet run -c Release --project tests/SpikeSR.Reference.Fuzz -- [COUNT] [SEED] [FORMAT ...]</c>, COUNT inputs for each format.
/// What breaks a promise is kept under the name that is printed, and the exit status is 1.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        if (arguments is ["worker", var format, var seed, var first, var count, var input])
        {
            return Worker.Run(Decoder.Of(format), ulong.Parse(seed, CultureInfo.InvariantCulture), Number(first), Number(count), input);
        }

        var (cases, start) = (10000, 1UL);
        var isCount = arguments.Length < 1 || int.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out cases);
        var isSeed = arguments.Length < 2 || ulong.TryParse(arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out start);
        var formats = arguments.Length > 2 ? arguments[2..] : Decoder.Formats;
        if (!isCount || !isSeed || formats.Except(Decoder.Formats).Any())
        {
            Console.Error.WriteLine($"found '{string.Join(' ', arguments)}', expected [COUNT] [SEED] [FORMAT ...]: inputs for each format, where to start, and which of {string.Join(", ", Decoder.Formats)}");
            return 2;
        }

        var findings = 0;
        foreach (var name in formats)
        {
            findings += Campaign.Run(name, start, cases);
        }

        Console.WriteLine($"{(long)cases * formats.Count} inputs, {findings} findings");
        return findings == 0 ? 0 : 1;
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
