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

        var cases = arguments.Length > 0 ? Number(arguments[0]) : 10000;
        var start = arguments.Length > 1 ? ulong.Parse(arguments[1], CultureInfo.InvariantCulture) : 1;
        var formats = arguments.Length > 2 ? arguments[2..] : Decoder.Formats;
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
