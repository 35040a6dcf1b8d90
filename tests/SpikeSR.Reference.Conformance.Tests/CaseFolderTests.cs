using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>The definitions over answered cases that an independent framework computed, and the SIMD engine beside them.</summary>
public class CaseFolderTests
{
    [Fact]
    public void The_definitions_agree_with_every_shared_case_in_double_and_the_kernels_with_them() => CheckShared(Precision.F64, _ => true);

    // Correct implementations differ on the published size in float32, and its definitions take their time.
    [Fact]
    public void The_definitions_agree_with_every_shared_case_in_float_and_the_kernels_with_them() =>
        CheckShared(Precision.F32, question => !question.Operator.IsExemptInFloat(question));

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
                    failures.AddRange(Check(question, precision).Select(failure => $"{Path.GetFileName(path)}: {failure}"));
                }
            }
            catch (FormatException failure)
            {
                failures.Add(failure.Message);
            }
        }

        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }

    private static IEnumerable<string> Check(CaseFile question, Precision precision)
    {
        var defined = CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle with { Precision = precision });
        var report = CaseComparer.Compare(question, defined);
        var fast = CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle with { Precision = precision, Engine = EngineKind.Simd });
        return
        [
            .. report.Tensors.Where(tensor => !tensor.Agrees && !report.Agrees).Select(tensor => tensor.ToString()),
            .. defined.Tensors.Where(tensor => !AreSameBytes(tensor.Value, fast.Tensors[tensor.Key])).Select(tensor => $"{tensor.Key} has other bytes from the kernels"),
        ];
    }

    // Any NaN for any NaN.
    private static bool AreSameBytes(AnswerTensor defined, AnswerTensor fast) =>
        defined.Values.ToArray().Zip(fast.Values.ToArray()).All(pair =>
            BitConverter.DoubleToInt64Bits(pair.First) == BitConverter.DoubleToInt64Bits(pair.Second) || (double.IsNaN(pair.First) && double.IsNaN(pair.Second)));
}
