using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>The definitions over answered cases that an independent framework computed.</summary>
public class CaseFolderTests
{
    [Fact]
    public void The_definitions_agree_with_every_shared_case_in_double() => CheckShared(Precision.F64, _ => true);

    [Fact]
    public void The_definitions_agree_with_every_shared_case_in_float() => CheckShared(Precision.F32, question => !question.Operator.IsExemptInFloat(question));

    private static void CheckShared(Precision precision, Func<CaseFile, bool> isAsked)
    {
        if (RepositoryPaths.Shared is not { } shared)
        {
            return;
        }

        var failures = new List<string>();
        foreach (var path in Directory.GetFiles(Path.Combine(shared, "cases"), "*.safetensors").Order(StringComparer.Ordinal))
        {
            try
            {
                using var question = CaseFile.Open(path);
                if (isAsked(question))
                {
                    var settings = EvaluationSettings.Oracle with { Precision = precision };
                    var report = CaseComparer.Compare(question, CaseEvaluator.Evaluate(question, settings));
                    failures.AddRange(report.Tensors.Where(tensor => !tensor.Agrees && !report.Agrees).Select(tensor => $"{Path.GetFileName(path)}: {tensor}"));
                }
            }
            catch (FormatException failure)
            {
                failures.Add(failure.Message);
            }
        }

        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }
}
