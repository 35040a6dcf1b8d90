namespace SpikeSR.Reference.Imaging.Tests;

/// <summary>
/// A test that needs other programs. Where one is missing the test is skipped, unless SPIKESR_REQUIRE_TOOLS is set: then it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] tools)
    {
        Tools = tools;
        var missing = tools.Where(tool => !Tool.Exists(tool)).ToArray();
        if (missing.Length > 0 && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("SPIKESR_REQUIRE_TOOLS")))
        {
            Skip = $"not installed: {string.Join(", ", missing)}";
        }
    }

    public string[] Tools { get; }
}
