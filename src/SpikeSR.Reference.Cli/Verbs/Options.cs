using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SpikeSR.Reference.Network;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary>Options whose values are checked as they are parsed, each complaint naming the option, what was found and what was expected.</summary>
internal static class Options
{
    /// <summary>A whole number.</summary>
    /// <param name="name">Name with its dashes.</param>
    /// <param name="description">What it does, in a sentence.</param>
    /// <param name="minimum">Smallest value.</param>
    /// <param name="maximum">Largest value.</param>
    /// <param name="fallback">Value when left out.</param>
    /// <param name="aliases">Other names.</param>
    public static Option<int> Integer(string name, string description, int minimum, int maximum, int fallback, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Whole(result, Text(result), name, minimum, maximum) ?? 0,
    };

    /// <summary>A whole number that has no default.</summary>
    /// <param name="name">Name with its dashes.</param>
    /// <param name="description">What it does, in a sentence.</param>
    /// <param name="minimum">Smallest value.</param>
    /// <param name="maximum">Largest value.</param>
    public static Option<int?> Integer(string name, string description, int minimum, int maximum) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => Whole(result, Text(result), name, minimum, maximum),
    };

    /// <summary>Whole numbers that have no default.</summary>
    /// <param name="name">Name with its dashes.</param>
    /// <param name="description">What they do, in a sentence.</param>
    /// <param name="minimum">Smallest value.</param>
    /// <param name="maximum">Largest value.</param>
    /// <param name="aliases">Other names.</param>
    public static Option<int[]?> Integers(string name, string description, int minimum, int maximum, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N N ...",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',')).Select(word => Whole(result, word, name, minimum, maximum) ?? 0)],
    };

    /// <summary>A number.</summary>
    /// <param name="name">Name with its dashes.</param>
    /// <param name="description">What it does, in a sentence.</param>
    /// <param name="isExpected">Whether a value serves.</param>
    /// <param name="expected">Which values do, in words.</param>
    /// <param name="fallback">Value when left out.</param>
    public static Option<double> Number(string name, string description, Func<double, bool> isExpected, string expected, double fallback) => new(name)
    {
        Description = description,
        HelpName = "X",
        DefaultValueFactory = _ => fallback,
        CustomParser = result =>
            double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && isExpected(value) ? value : Refuse<double>(result, name, expected),
    };

    /// <summary>One of several words, given in any case.</summary>
    /// <param name="name">Name with its dashes.</param>
    /// <param name="description">What it does, in a sentence.</param>
    /// <param name="words">The words; the first is the default.</param>
    /// <param name="aliases">Other names.</param>
    public static Option<string> Choice(string name, string description, string[] words, params string[] aliases)
    {
        var option = new Option<string>(name, aliases)
        {
            Description = description,
            DefaultValueFactory = _ => words[0],
            HelpName = string.Join('|', words),
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Array.Find(words, word => string.Equals(word, Text(result), StringComparison.OrdinalIgnoreCase)) ?? Refuse<string>(result, name, string.Join(" or ", words)),
        };
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>--preset, a size of network.</summary>
    /// <param name="description">Of what, in a sentence.</param>
    public static Option<string> Preset(string description) => Choice("--preset", description, [.. SpikeSrConfiguration.PresetNames]);

    /// <summary>Whether an option stands on the command line, not its default alone.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    public static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static int? Whole(ArgumentResult result, string word, string name, int minimum, int maximum) =>
        int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : Refuse<int?>(result, name, $"a whole number from {minimum} to {maximum}");

    /// <summary>The words of an option's value as one text.</summary>
    /// <param name="result">The value as it was given.</param>
    /// <param name="separator">What stands between words: a comma where the value is a list.</param>
    public static string Text(ArgumentResult result, char separator = ' ') => string.Join(separator, result.Tokens.Select(token => token.Value));

    /// <summary>Complains about an option's value.</summary>
    /// <typeparam name="T">What the value stands for.</typeparam>
    /// <param name="result">The value as it was given.</param>
    /// <param name="name">Name with its dashes.</param>
    /// <param name="expected">What should stand there.</param>
    /// <param name="separator">What stands between words.</param>
    /// <returns>A value that is never used.</returns>
    public static T? Refuse<T>(ArgumentResult result, string name, string expected, char separator = ' ')
    {
        result.AddError($"{name}: found '{Text(result, separator)}', expected {expected}");
        return default;
    }
}
