using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>Answers a case: forward, and backward where the case brings a gradient of its loss (SPEC CASE-2).</summary>
public static class CaseEvaluator
{
    /// <summary>Computes everything that the question asks for; answers in the file are ignored.</summary>
    /// <param name="question">The open case.</param>
    /// <param name="settings">Precision, engine, threads.</param>
    /// <exception cref="MalformedFileException">A tensor is missing, unknown or has a shape that does not fit.</exception>
    public static CaseAnswer Evaluate(CaseFile question, EvaluationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Precision == Precision.F32 ? Evaluate(question, settings.CreateBackend<F32>()) : Evaluate(question, settings.CreateBackend<F64>());
    }

    /// <summary>Computes everything that the question asks for with a given backend.</summary>
    internal static CaseAnswer Evaluate<T>(CaseFile question, Backend<T> backend)
        where T : unmanaged, IScalar<T> => Compute(question, backend).Answer();

    /// <summary>The same, with everything that the scalars carry.</summary>
    internal static CaseBinding<T> Compute<T>(CaseFile question, Backend<T> backend)
        where T : unmanaged, IScalar<T>
    {
        var binding = new CaseBinding<T>(question, backend);
        try
        {
            var compute = question.Operator.Bind(binding);
            binding.RefuseUnknown();
            compute();
        }
        catch (ArgumentException failure)
        {
            // The engine checks its arguments before it computes: what it refuses is the case's fault.
            var message = failure.ParamName is null ? failure.Message : failure.Message.Replace($" (Parameter '{failure.ParamName}')", string.Empty, StringComparison.Ordinal);
            throw new MalformedFileException(question.Path, $"operator '{question.Operator.Name}'", message, "tensors and attributes that fit together", failure);
        }

        return binding;
    }
}
