using System.Text.Json;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance;

/// <summary>The values of a case's attributes, each checked against its declaration.</summary>
internal sealed class CaseAttributes
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    private CaseAttributes()
    {
    }

    /// <summary>Reads the metadata text <c>attrs</c>.</summary>
    /// <exception cref="MalformedFileException">It is no JSON object, or an attribute is missing, unknown or takes no such value.</exception>
    public static CaseAttributes Parse(string file, CaseOperator @operator, string json)
    {
        using var document = ParseObject(file, json);
        var given = document.RootElement.EnumerateObject().ToDictionary(property => property.Name, property => property.Value);
        var attributes = new CaseAttributes();
        foreach (var declared in @operator.Attributes)
        {
            var part = $"attribute '{declared.Name}'";
            if (!given.Remove(declared.Name, out var value))
            {
                attributes._values[declared.Name] = declared.Fallback ?? throw new MalformedFileException(file, part, "nothing", declared.Values);
                continue;
            }

            attributes._values[declared.Name] = declared.Parse(value) ?? throw new MalformedFileException(file, part, value.GetRawText(), declared.Values);
        }

        if (given.Count > 0)
        {
            var known = string.Join(", ", @operator.Attributes.Select(attribute => attribute.Name));
            throw new MalformedFileException(file, $"attribute '{given.First().Key}'", "an unknown attribute", $"those of {@operator.Name}: {known}");
        }

        return attributes;
    }

    public int Integer(string name) => (int)_values[name];

    public double Number(string name) => (double)_values[name];

    /// <summary>The number, or null where the case says null.</summary>
    public double? NumberOrNull(string name) => Number(name) is var number && double.IsNaN(number) ? null : number;

    public bool Boolean(string name) => (bool)_values[name];

    public TChoice Choice<TChoice>(string name)
        where TChoice : struct => (TChoice)_values[name];

    private static JsonDocument ParseObject(string file, string json)
    {
        const string part = "metadata 'attrs'";
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
        }
        catch (JsonException failure)
        {
            throw new MalformedFileException(file, part, $"text that is no JSON object of distinct names: {json}", "a JSON object", failure);
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            using (document)
            {
                throw new MalformedFileException(file, part, json, "a JSON object");
            }
        }

        return document;
    }
}
