using SpikeSR.Reference.Neurons;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The attributes <c>surrogate</c> and <c>alpha</c>.</summary>
internal static class SurrogateAttributes
{
    private static readonly OrderedDictionary<string, SurrogateKind> s_kinds = new(StringComparer.Ordinal)
    {
        ["sigmoid"] = SurrogateKind.Sigmoid,
        ["atan"] = SurrogateKind.ATan,
        ["piecewise_quadratic"] = SurrogateKind.PiecewiseQuadratic,
        ["piecewise_exp"] = SurrogateKind.PiecewiseExp,
        ["soft_sign"] = SurrogateKind.SoftSign,
        ["erf"] = SurrogateKind.Erf,
    };

    public static readonly CaseAttribute[] All = [CaseAttribute.Choice("surrogate", s_kinds), CaseAttribute.Number("alpha", above: 0)];

    public static SurrogateFunction Read(CaseAttributes attributes) => new(attributes.Choice<SurrogateKind>("surrogate"), attributes.Number("alpha"));
}
