using SpikeSR.Reference.Network;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance;

/// <summary>How clear each spike's decision is.</summary>
/// <param name="Values">H - V_th in float64, as the spikes [T, ...].</param>
/// <param name="Steps">T.</param>
internal sealed record SpikeMargins(double[] Values, int Steps)
{
    /// <summary>The margins of neurons that start fresh.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="settings">Kind and constants.</param>
    /// <param name="rate">w of PLIF, else null.</param>
    /// <param name="x">Input current [T, M].</param>
    public static SpikeMargins Of(DefinitionBackend<F64> backend, NeuronSettings settings, Parameter<F64>? rate, TensorView<F64> x)
    {
        using var scope = backend.Workspace.OpenScope();
        var (spike, trace, membrane) = (scope.Rent<F64>(x.Shape), scope.Rent<F64>(x.Shape), scope.Rent<F64>(x.Shape[1]));
        Neuron.Forward(settings, rate?.Value ?? default, x, default, spike, trace, backend.Threads);

        // One step of a neuron that never fires, from the membrane after reset, leaves H in its membrane.
        var silent = settings with { Threshold = double.MaxValue };
        var margins = new double[x.Length];
        membrane.Span.Fill(new F64(settings.Reset ?? 0));
        for (var t = 0; t < x.Shape[0]; t++)
        {
            Neuron.Forward(silent, rate?.Value ?? default, x.Slice(t, 1), membrane, spike.Slice(t, 1), default, backend.Threads);
            for (var i = 0; i < membrane.Length; i++)
            {
                margins[(t * membrane.Length) + i] = membrane.Span[i].Value - settings.Threshold;
            }

            trace.At(t).CopyTo(membrane);
        }

        return new SpikeMargins(margins, x.Shape[0]);
    }
}
