using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Conformance;

/// <summary>A damaged case is refused or answered, and nothing else happens.</summary>
public class DamagedCaseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_bytes_in_the_header_are_refused_or_answered(int seed)
    {
        var random = new Random(seed);
        byte[][] cases =
        [
            CaseText.Convolution().ToBytes(),
            CaseText.Match(train: true).Put("in/gumbel.0", 1, 3, 3).ToBytes(),
            CaseText.Neurons(0.5, 1, 0.25, 2).ToBytes(),
            new CaseText().Ask("patch_reverse", """{"patch_size": 4, "step": 2, "height": 6, "width": 8}""").Put("in/y", 1, 6, 1, 4, 4).ToBytes(),
        ];
        for (var trial = 0; trial < 400; trial++)
        {
            var bytes = cases[trial % cases.Length].ToArray();
            var header = 8 + BitConverter.ToInt32(bytes);
            for (var change = random.Next(3); change >= 0; change--)
            {
                bytes[8 + random.Next(header - 8)] = (byte)(random.Next(4) == 0 ? random.Next(256) : "0123456789-.eE\"{}[],:xyinoutparm/"[random.Next(33)]);
            }

            Try(bytes, $"seed {seed}, trial {trial}");
        }
    }

    private static void Try(byte[] bytes, string which)
    {
        try
        {
            using var question = CaseFile.Open(bytes, which);
            CaseEvaluator.Evaluate(question, EvaluationSettings.Oracle);
        }
        catch (MalformedFileException refusal)
        {
            Assert.StartsWith(which, refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refusal.Message);
        }
    }
}
