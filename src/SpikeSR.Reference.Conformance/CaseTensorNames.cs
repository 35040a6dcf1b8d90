namespace SpikeSR.Reference.Conformance;

/// <summary>What the first part of a tensor's name in a case file says about it.</summary>
internal static class CaseTensorNames
{
    public const string Input = "in/";
    public const string Parameter = "param/";
    public const string OutputGradient = "grad_out/";
    public const string Output = "out/";
    public const string InputGradient = "grad_in/";
    public const string ParameterGradient = "grad_param/";
    public const string OutputState = "out_state/";
    public const string Spike = "spike/";
    public const string Match = "match/";

    public static readonly IReadOnlyList<string> QuestionPrefixes = [Input, Parameter, OutputGradient];

    public static readonly IReadOnlyList<string> AnswerPrefixes = [Output, InputGradient, ParameterGradient, OutputState];

    public static readonly IReadOnlyList<string> DecisionPrefixes = [Spike, Match];

    public static bool IsDecision(string name) => DecisionPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    public static bool IsAnswer(string name) => AnswerPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    public static bool IsGradient(string name) =>
        name.StartsWith(InputGradient, StringComparison.Ordinal) || name.StartsWith(ParameterGradient, StringComparison.Ordinal);
}
