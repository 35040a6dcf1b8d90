using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace SpikeSR.Reference.Imaging;

/// <summary>GDAL's metadata in a TIFF: an XML text of items, some of which belong to a band.</summary>
internal static class GdalMetadata
{
    /// <summary>The metadata of some of an image's channels: their items under their new numbers, and what belongs to no band. Channels in another order have other colours.</summary>
    /// <param name="text">As it stands in the file, its final zero included; returned as it is where it is no sound XML.</param>
    /// <param name="channels">The channel of the file that each channel of the result is.</param>
    public static ReadOnlyMemory<byte> Select(ReadOnlyMemory<byte> text, int[] channels) => Edit(text, item =>
    {
        if (item.Attribute("sample") is not { } sample)
        {
            return true;
        }

        if (item.Attribute("role")?.Value == "colorinterp" && !channels.SequenceEqual(Enumerable.Range(0, channels.Length)))
        {
            return false;
        }

        var channel = int.TryParse(sample.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Array.IndexOf(channels, number) : -1;
        sample.Value = channel.ToString(CultureInfo.InvariantCulture);
        return channel >= 0;
    });

    /// <summary>The metadata without what is true only of the very samples they were made from.</summary>
    /// <param name="text">As it stands in the file, its final zero included; returned as it is where it is no sound XML.</param>
    public static ReadOnlyMemory<byte> WithoutStatistics(ReadOnlyMemory<byte> text) =>
        Edit(text, item => item.Attribute("name")?.Value.StartsWith("STATISTICS_", StringComparison.Ordinal) != true);

    private static ReadOnlyMemory<byte> Edit(ReadOnlyMemory<byte> text, Func<XElement, bool> keep)
    {
        try
        {
            using var reader = XmlReader.Create(
                new StringReader(Encoding.UTF8.GetString(text.Span).TrimEnd('\0')), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            var document = XElement.Load(reader);
            var unwanted = document.Elements("Item").Where(item => !keep(item)).ToList();
            if (unwanted.Count == 0 && document.Elements("Item").All(item => item.Attribute("sample") is null))
            {
                return text;
            }

            unwanted.ForEach(item => item.Remove());
            return document.Elements().Any() ? Encoding.UTF8.GetBytes(document.ToString() + "\n\0") : default(ReadOnlyMemory<byte>);
        }
        catch (XmlException)
        {
            return text;
        }
    }
}
