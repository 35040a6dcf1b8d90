using SpikeSR.Reference.Imaging;

namespace SpikeSR.Reference.Cli.Upscaling;

/// <summary>Which images are enlarged, and into which files.</summary>
/// <param name="Images">In the order in which they were named; those of a folder by name.</param>
/// <param name="IsSingle">Whether one file was named, so that nothing else can go on when it fails.</param>
internal sealed record ImageList(IReadOnlyList<ImageList.Entry> Images, bool IsSingle)
{
    /// <summary>Lists.</summary>
    /// <param name="inputs">Files, folders, patterns.</param>
    /// <param name="output">A file or folder; null to put results beside their inputs.</param>
    /// <param name="format">Format of the outputs; null for each input's own.</param>
    /// <param name="scale">The enlargement, which goes into names that are made up.</param>
    /// <exception cref="ArgumentException">Something is not there, or the output's name says no format.</exception>
    public static ImageList Of(IReadOnlyList<string> inputs, string? output, ImageFormat? format, int scale)
    {
        if (inputs.Count == 0)
        {
            throw new ArgumentException("no image is named; try 'spikesr upscale small.png'");
        }

        if (inputs is [var only] && !Directory.Exists(only) && !IsPattern(only))
        {
            return new ImageList([Single(only, output, format, scale)], IsSingle: true);
        }

        var entries = new List<Entry>();
        foreach (var input in inputs)
        {
            foreach (var file in Expand(input))
            {
                var folder = output ?? (Directory.Exists(input) ? FolderBeside(input, scale) : null);
                entries.Add(new Entry(file, folder is null ? Beside(file, format, scale) : Path.Combine(folder, Path.ChangeExtension(Path.GetFileName(file), Extension(file, format)))));
            }
        }

        if (output is not null && (File.Exists(output) || (ImageFormats.OfExtension(output) is not null && !Directory.Exists(output))))
        {
            throw new ArgumentException($"--output is '{output}', expected a folder for several images");
        }

        return entries.Count > 0 ? new ImageList(Checked(entries, isBeside: output is null), IsSingle: false) : throw new ArgumentException($"{string.Join(", ", inputs)}: no image in it");
    }

    private static Entry Single(string input, string? output, ImageFormat? format, int scale)
    {
        if (Missing(input) is { } problem)
        {
            return new Entry(input, output ?? Beside(input, format, scale), problem);
        }

        if (output is not null && (Directory.Exists(output) || Path.EndsInDirectorySeparator(output)))
        {
            output = Path.Combine(output, Path.ChangeExtension(Path.GetFileName(input), Extension(input, format)));
        }

        output ??= Beside(input, format, scale);
        if (format is null && ImageFormats.OfExtension(output) is null)
        {
            throw new ArgumentException($"--output is '{output}', expected an extension of an image format, such as .png, or --format");
        }

        return RealPath.OfLink(output) == RealPath.Of(input)
            ? throw new ArgumentException($"--output is '{output}', the input itself, expected another file")
            : new Entry(input, output);
    }

    private static IEnumerable<string> Expand(string input)
    {
        if (Directory.Exists(input))
        {
            return Directory.EnumerateFiles(input).Where(IsImage).Order(StringComparer.Ordinal);
        }

        if (!IsPattern(input))
        {
            return [input];
        }

        var folder = Path.GetDirectoryName(input) ?? string.Empty;
        var full = Path.GetFullPath(folder.Length == 0 ? "." : folder);
        var names = Directory.Exists(full) ? Directory.EnumerateFiles(full, Path.GetFileName(input)).Where(IsImage).Select(file => Path.GetFileName(file)!) : [];
        var files = names.Order(StringComparer.Ordinal).Select(name => Path.Combine(folder, name)).ToList();
        return files.Count > 0 ? files : throw new ArgumentException($"{input}: no image has such a name");
    }

    // Two inputs never share an output, and no input is replaced; but beside its input, NAME-x4 of NAME is an output whoever names it, so that a pattern can be run again.
    private static List<Entry> Checked(List<Entry> entries, bool isBeside)
    {
        var (sources, makers, owners) = (First(entry => RealPath.Of(entry.Input)), First(entry => RealPath.OfLink(entry.Output)), new Dictionary<string, string>(StringComparer.Ordinal));
        return [.. entries.Select(entry =>
        {
            var (input, output) = (RealPath.Of(entry.Input), RealPath.OfLink(entry.Output));
            return Missing(entry.Input) is { } missing ? entry with { Problem = missing }
                : isBeside && makers.TryGetValue(input, out var maker) ? entry with { Skip = $"it is the output of {maker}" }
                : !isBeside && sources.TryGetValue(output, out var replaced) ? entry with { Problem = $"{entry.Input}: its output would replace {replaced}" }
                : owners.TryAdd(output, entry.Input) ? entry
                : entry with { Problem = $"{entry.Input}: its output {entry.Output} is that of {owners[output]}" };
        })];

        Dictionary<string, string> First(Func<Entry, string> path) => entries.GroupBy(path, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Input, StringComparer.Ordinal);
    }

    // The folder's own name, whatever it was called by: . for one.
    private static string FolderBeside(string input, int scale)
    {
        var named = Path.TrimEndingDirectorySeparator(input);
        return Path.GetFileName(named) is "." or ".." or "" ? $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(input))}-x{scale}" : $"{named}-x{scale}";
    }

    private static string? Missing(string input) =>
        File.Exists(input) ? null
        : input.Length == 0 ? "IMAGE is empty, expected a file, a folder or a pattern"
        : $"{input}: there is no such file or folder";

    private static bool IsPattern(string input) => !File.Exists(input) && input.AsSpan().IndexOfAny('*', '?') >= 0;

    // A bitmap is read, but none is written.
    private static bool IsImage(string path) =>
        (ImageFormats.OfExtension(path) is not null || string.Equals(Path.GetExtension(path), ".pbm", StringComparison.OrdinalIgnoreCase)) && !Path.GetFileName(path).StartsWith('.');

    private static string Beside(string input, ImageFormat? format, int scale) =>
        Path.Combine(Path.GetDirectoryName(input) ?? string.Empty, $"{Path.GetFileNameWithoutExtension(input)}-x{scale}{Extension(input, format)}");

    private static string Extension(string input, ImageFormat? format) => (format ?? ImageFormats.OfExtension(input)) switch
    {
        null when Path.GetExtension(input).Equals(".pbm", StringComparison.OrdinalIgnoreCase) => ".pgm",
        null => ".png",
        ImageFormat.Png => ".png",
        ImageFormat.Jpeg => format is null ? Path.GetExtension(input) : ".jpg",
        ImageFormat.Tiff => format is null ? Path.GetExtension(input) : ".tif",
        _ => format is null ? Path.GetExtension(input) : ".pnm",
    };

    /// <summary>One image.</summary>
    /// <param name="Input">Its file.</param>
    /// <param name="Output">Where its enlargement goes.</param>
    /// <param name="Problem">Why it cannot be enlarged; null if nothing is known against it.</param>
    /// <param name="Skip">Why it need not be; null if it shall be.</param>
    public sealed record Entry(string Input, string Output, string? Problem = null, string? Skip = null);
}
