using System.Globalization;
using System.Text;

namespace SpikeSR.Reference.Serialization;

/// <summary>
/// A file that is wrong: it breaks its format, or declares more than its bytes can hold. The message is one printable line that names
/// the file, the part of it, what was found and what was expected.
/// </summary>
public sealed class MalformedFileException : FormatException
{
    // A name in a hostile file may be megabytes long; a message is for a terminal.
    private const int LongestText = 240;

    /// <summary>Makes the message <c>FILE: PART: found FOUND, expected EXPECTED</c>; each text is made printable and cut when long.</summary>
    /// <param name="file">The file's path, or a name for bytes that came from elsewhere.</param>
    /// <param name="part">Which part of it: <c>header length</c>, <c>tensor 'in/x'</c>.</param>
    /// <param name="found">What stands there.</param>
    /// <param name="expected">What should stand there.</param>
    /// <param name="innerException">The failure below, if there is one.</param>
    public MalformedFileException(string file, string part, string found, string expected, Exception? innerException = null)
        : base($"{Printable(file)}: {Printable(part)}: found {Printable(found)}, expected {Printable(expected)}", innerException)
    {
    }

    /// <summary>The text with control, formatting and line-breaking characters written as <c>\uXXXX</c>, cut after 240 characters.</summary>
    /// <param name="text">Any text, from a hostile file too.</param>
    public static string Printable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var printable = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (printable.Length >= LongestText)
            {
                printable.Append("...");
                break;
            }

            var hidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            printable.Append(hidden ? $"\\u{rune.Value:x4}" : rune.ToString());
        }

        return printable.ToString();
    }
}
