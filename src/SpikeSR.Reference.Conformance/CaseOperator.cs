using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>
/// What a case can ask: an operator or module of SpikeSR, with the attributes and tensors its cases carry. A new one is a class
/// derived from this and a line in <see cref="CaseOperators"/>.
/// </summary>
public abstract class CaseOperator
{
    // Means nothing where the operator has no training mode, and may stand everywhere.
    private static readonly CaseAttribute s_train = CaseAttribute.Boolean("train", fallback: false);

    /// <summary>Declares the operator.</summary>
    /// <param name="name">The case's <c>op</c>.</param>
    /// <param name="signature">Inputs, outputs and parameters in words.</param>
    /// <param name="attributes">Its attributes but for <c>train</c>, which all have.</param>
    private protected CaseOperator(string name, string signature, params ReadOnlySpan<CaseAttribute> attributes)
    {
        Name = name;
        Signature = signature;
        Attributes = [.. attributes, s_train];
    }

    /// <summary>The case's <c>op</c>.</summary>
    public string Name { get; }

    /// <summary>Inputs with their shapes, outputs and parameters, as <c>x [N, C, H, W] -> y; weight, bias</c>.</summary>
    public string Signature { get; }

    /// <summary>The attributes a case may or must carry.</summary>
    public IReadOnlyList<CaseAttribute> Attributes { get; }

    /// <summary>Takes inputs, parameters and outputs from a case, and returns what computes the outputs and, where wanted, the gradients.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="bind">The case's tensors.</param>
    internal abstract Action Bind<T>(CaseBinding<T> bind)
        where T : unmanaged, IScalar<T>;

    /// <summary>How far above the threshold each neuron of the output <c>spike</c> stands; null: no spikes among the outputs.</summary>
    /// <param name="question">A case of this operator whose question has been evaluated without complaint.</param>
    internal virtual SpikeMargins? Margins(CaseFile question) => null;

    /// <summary>Whether every element of the output y is a sum of roundings of its own, so that bias and variance over the tensor can be tested.</summary>
    internal virtual bool HasIndependentErrors => false;

    /// <summary>Whether its answers come of several operators, or steps, in a row.</summary>
    internal virtual bool IsComposite => true;

    /// <summary>The decisions that the operator takes in a case.</summary>
    /// <param name="question">A case of this operator; its tensors may still be wrong.</param>
    internal virtual DecisionPlan Decisions(CaseFile question) => DecisionPlan.None;

    /// <summary>Whether correct backends may disagree about a case in float32, because some of its decisions lie within rounding.</summary>
    /// <param name="question">A case of this operator.</param>
    internal virtual bool IsExemptInFloat(CaseFile question) => false;
}
