using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Operators;

/// <summary>GELU, ReLU and sigmoid, element by element.</summary>
internal sealed class ActivationCase : CaseOperator
{
    private readonly ActivationKind _kind;

    private ActivationCase(string name, ActivationKind kind)
        : base(name, "x [...] -> y") => _kind = kind;

    /// <summary>One for each activation.</summary>
    public static IReadOnlyList<CaseOperator> All { get; } =
        [new ActivationCase("gelu", ActivationKind.Gelu), new ActivationCase("relu", ActivationKind.Relu), new ActivationCase("sigmoid", ActivationKind.Sigmoid)];

    internal override bool IsComposite => false;

    internal override Action Bind<T>(CaseBinding<T> bind)
    {
        var x = bind.Input("x", "...");
        var y = bind.Output("y", x.StoredShape.ToArray());
        return () =>
        {
            bind.Backend.Activation(_kind, x.Value, y.Value);
            if (bind.WantsGradients)
            {
                bind.Backend.ActivationBackward(_kind, x.Value, y.Gradient, x.Gradient);
            }
        };
    }
}
