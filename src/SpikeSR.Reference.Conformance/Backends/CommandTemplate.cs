using System.Text;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>
/// A command line with <c>{case}</c> and <c>{out}</c> where the paths go. Words are parted by spaces; quotes, single or double, keep spaces
/// within a word. No shell takes part, so nothing else has a meaning.
/// </summary>
public sealed class CommandTemplate
{
    private const string Case = "{case}";
    private const string Out = "{out}";

    private readonly IReadOnlyList<string> _words;

    /// <summary>Takes a command line apart.</summary>
    /// <param name="text">As <c>python3 backend.py {case} {out}</c>.</param>
    /// <exception cref="ArgumentException">It is empty, a quote is not closed, or a place holder is missing.</exception>
    public CommandTemplate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        _words = Split(text);
        foreach (var place in new[] { Case, Out })
        {
            if (!_words.Any(word => word.Contains(place, StringComparison.Ordinal)))
            {
                throw new ArgumentException($"--backend: found '{text}', expected a command with {Case} and {Out}");
            }
        }
    }

    /// <summary>As it was given.</summary>
    public string Text { get; }

    /// <summary>The words with the paths in their places; the first is the program.</summary>
    /// <param name="casePath">The question.</param>
    /// <param name="answerPath">Where the answer shall be.</param>
    public IReadOnlyList<string> Words(string casePath, string answerPath) =>
        [.. _words.Select(word => word.Replace(Case, casePath, StringComparison.Ordinal).Replace(Out, answerPath, StringComparison.Ordinal))];

    private static List<string> Split(string text)
    {
        var (words, word, quote, inWord) = (new List<string>(), new StringBuilder(), '\0', false);
        foreach (var letter in text)
        {
            if (quote != '\0' ? letter == quote : letter is '"' or '\'')
            {
                (quote, inWord) = (quote == '\0' ? letter : '\0', true);
            }
            else if (quote == '\0' && char.IsWhiteSpace(letter))
            {
                Close();
            }
            else
            {
                word.Append(letter);
                inWord = true;
            }
        }

        Close();
        return quote == '\0' ? words : throw new ArgumentException($"--backend: found '{text}', expected the quote {quote} to be closed");

        void Close()
        {
            if (inWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            inWord = false;
        }
    }
}
