using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>The attributes of a convolution, and what its weight says about its shapes.</summary>
internal static class ConvolutionAttributes
{
    public static readonly CaseAttribute[] All =
    [
        CaseAttribute.Integer("stride", minimum: 1),
        CaseAttribute.Integer("padding", minimum: 0),
        CaseAttribute.Integer("dilation", minimum: 1),
        CaseAttribute.Integer("groups", minimum: 1),
    ];

    public static ConvolutionSettings Read(CaseAttributes attributes) =>
        new(attributes.Integer("stride"), attributes.Integer("padding"), attributes.Integer("dilation"), attributes.Integer("groups"));

    /// <summary>Takes weight [O, C / groups, kh, kw] and a bias [O] that may be missing, and makes known O, kh, kw and the output's Ho, Wo; C, H, W must be known.</summary>
    public static (Parameter<T> Weight, Parameter<T>? Bias) Bind<T>(CaseBinding<T> bind, ConvolutionSettings settings)
        where T : unmanaged, IScalar<T>
    {
        if (bind["C"] % settings.Groups != 0)
        {
            throw bind.Refuse("attribute 'groups'", $"{settings.Groups}", $"a divisor of {bind["C"]} input channels");
        }

        bind.Define("C/groups", bind["C"] / settings.Groups);
        var weight = bind.Parameter("weight", "O C/groups kh kw");
        if (bind["O"] % settings.Groups != 0)
        {
            throw bind.Refuse("attribute 'groups'", $"{settings.Groups}", $"a divisor of {bind["O"]} output channels");
        }

        var bias = bind.OptionalParameter("bias", "O");
        bind.Define("Ho", settings.OutputExtent(bind["H"], bind["kh"]));
        bind.Define("Wo", settings.OutputExtent(bind["W"], bind["kw"]));
        return (weight, bias);
    }
}
